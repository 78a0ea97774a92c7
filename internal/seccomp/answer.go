package seccomp

import "slices"

// Answer is what the policy says to a call, read rule by rule as docs and
// comments explain them: what assembled filters are held to. With Deny comes
// the error's name; a name that is "" stands for a number without one.
func (p *Policy) Answer(name string, args [6]uint64) (verdict Verdict, errno string) {
	for _, rule := range p.Rules {
		if name == "" || !slices.Contains(rule.Names, name) {
			continue
		}
		if rule.Verdict != Allow {
			return rule.Verdict, rule.Errno
		}
		for _, c := range rule.Conditions {
			if !c.holds(args) {
				return Deny, rule.Errno
			}
		}
		return Allow, ""
	}
	return Kill, ""
}

func (c Condition) holds(args [6]uint64) bool {
	value := uint32(args[c.Argument])
	if c.Operator == Lacks {
		return value&c.Values[0] == 0
	}
	return slices.Contains(c.Values, value)
}
