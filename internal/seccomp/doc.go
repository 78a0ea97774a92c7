// Package seccomp reads a policy of system calls written by name and
// assembles the BPF program that enforces it. It installs nothing: box hands
// the bytes to the shim, and to the OCI runtime the names.
//
// It is called by box, and by cmd to read a box's policy.
package seccomp
