// Package config holds every setting of the daemon in one struct: defaults,
// then a file, then the environment, then flags. It opens nothing and starts
// nothing. It is called by cmd.
package config
