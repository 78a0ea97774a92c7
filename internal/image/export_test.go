package image

// Recompute computes the digest of the tree as it is now.
func (i *Image) Recompute() (string, error) {
	again := *i
	err := again.seal()
	return again.Digest, err
}
