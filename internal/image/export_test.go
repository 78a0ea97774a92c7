package image

// NameOnlyTheRenamed is what bundle does to what esbuild makes.
var NameOnlyTheRenamed = nameOnlyTheRenamed

// Recompute computes the digest of the tree as it is now.
func (i *Image) Recompute() (string, error) {
	again := *i
	err := again.seal()
	return again.Digest, err
}
