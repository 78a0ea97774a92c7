#!/bin/sh
# Runs a box's zygote with another library in place of the shim. It needs a
# mount namespace of its own. The loader says that it finds no preload for
# chroot itself; that is for the zygote.
# Usage: enter.sh ROOTFS LIBRARY NAME=VALUE COMMAND [ARGUMENT ...]
set -eu
root=$1 library=$2 environment=$3
shift 3
mount --bind "$library" "$root/fumehood/fumehood.node"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec env "$environment" chroot "$root" "$@"
