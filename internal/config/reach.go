package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"
)

// listeners are the addresses to serve on, by the setting's name.
func (c *Config) listeners() map[string]string {
	all := map[string]string{"listen": c.Listen}
	if c.AdminListen != "" {
		all["admin-listen"] = c.AdminListen
	}
	return all
}

func checkListen(c *Config) error {
	var mistakes []error
	for name, address := range c.listeners() {
		if _, _, err := net.SplitHostPort(address); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %q is not HOST:PORT", name, address))
		}
	}
	if c.Tokens != "" && !filepath.IsAbs(c.Tokens) {
		mistakes = append(mistakes, fmt.Errorf("tokens: %q is not an absolute path", c.Tokens))
	}
	if c.Tokens != "" && c.InsecureNoAuth {
		mistakes = append(mistakes, errors.New("insecure-no-auth: there are tokens; take one of the two away"))
	}
	return errors.Join(mistakes...)
}

// checkReach refuses to let in whoever can reach the machine without having
// been told to.
func checkReach(c *Config) error {
	if c.Tokens != "" || c.InsecureNoAuth {
		return nil
	}
	var mistakes []error
	for name, address := range c.listeners() {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			continue // checkListen has said so
		}
		if reason := beyondLoopback(host); reason != "" {
			mistakes = append(mistakes, Unprotected(name, address, reason))
		}
	}
	return errors.Join(mistakes...)
}

// Unprotected says of a listener's setting why it is refused, and what to do.
func Unprotected(name, address, reason string) error {
	return fmt.Errorf("%s: %q %s, and without tokens whoever reaches it can use this daemon: "+
		"name a token file with --tokens ('fumehood token' makes one), or say --insecure-no-auth", name, address, reason)
}

// lookupTimeout bounds asking what a host's name means.
const lookupTimeout = 2 * time.Second

// beyondLoopback tells how others can reach a listener's host, "" if they
// cannot.
func beyondLoopback(host string) string {
	if host == "" {
		return "is every address of this machine"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return reasonOf(ip)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return "is a name without a known address"
	}
	for _, ip := range ips {
		if reason := reasonOf(ip); reason != "" {
			return reason
		}
	}
	return ""
}

func reasonOf(ip netip.Addr) string {
	switch ip = ip.Unmap(); {
	case ip.IsLoopback():
		return ""
	case ip.IsUnspecified():
		return "is every address of this machine"
	}
	return "is no loopback address"
}
