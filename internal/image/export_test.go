package image

// NameOnlyTheRenamed is what bundle does to what esbuild makes.
var NameOnlyTheRenamed = nameOnlyTheRenamed

// Seal makes an image of the tree in dir/rootfs.
func Seal(dir string) (*Image, error) {
	i := &Image{Name: "test", dir: dir}
	return i, i.seal()
}

// AppendDirect and ErrNotDirect are the reading past the page cache.
var (
	AppendDirect = appendDirect
	ErrNotDirect = errNotDirect
)
