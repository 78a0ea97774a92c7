package seccomp

import (
	"bufio"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Verdict is what becomes of a system call.
type Verdict string

// The verdicts. Deny answers with an error number and lets the process live:
// it is for what a template may honestly try. Kill ends it at once.
const (
	Allow Verdict = "allow"
	Deny  Verdict = "deny"
	Kill  Verdict = "kill"
)

// Operator compares one argument of a system call.
type Operator string

// The operators. Only the low 32 bits of an argument are compared: it is for
// flags, commands and pids, all of which the kernel takes as 32-bit values.
const (
	Is    Operator = "is"
	Lacks Operator = "lacks"
)

// Condition holds for argument Argument (0 to 5) when it equals one of Values
// (Is), or has none of the bits of Values[0] (Lacks).
type Condition struct {
	Argument int
	Operator Operator
	Values   []uint32
}

// Rule says what becomes of the calls named, under its conditions.
type Rule struct {
	Verdict Verdict
	// Errno is the number a denied call answers with. An allow rule with
	// conditions has one too, for the calls that do not meet them.
	Errno      string
	Names      []string
	Conditions []Condition
}

// Policy is a list of rules; a call that no rule names is killed. No call is
// named twice.
type Policy struct{ Rules []Rule }

// Parse reads a policy, one rule a line, # opening a comment:
//
//	allow NAME …
//	allow NAME … when argN is VALUE[,VALUE] [and …] else ERRNO
//	allow NAME … when argN lacks MASK [and …] else ERRNO
//	deny ERRNO NAME …
//	kill NAME …
//
// Numbers are as in Go. Kill rules change nothing, they say that a call was
// thought of.
func Parse(text string) (*Policy, error) {
	var p Policy
	seen := make(map[string]int)
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		rule, err := parseRule(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		for _, name := range rule.Names {
			if seen[name] != 0 {
				return nil, fmt.Errorf("line %d: %s has a rule on line %d already", number, name, seen[name])
			}
			seen[name] = number
		}
		p.Rules = append(p.Rules, rule)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	return &p, nil
}

func parseRule(words []string) (Rule, error) {
	rule := Rule{Verdict: Verdict(words[0])}
	rest := words[1:]
	switch rule.Verdict {
	case Allow, Kill:
	case Deny:
		if len(rest) == 0 {
			return rule, fmt.Errorf("deny needs an error name")
		}
		rule.Errno, rest = rest[0], rest[1:]
	default:
		return rule, fmt.Errorf("%q is none of allow, deny, kill", words[0])
	}
	when := slices.Index(rest, "when")
	if when < 0 {
		rule.Names = rest
	} else {
		rule.Names = rest[:when]
		if err := rule.parseConditions(rest[when+1:]); err != nil {
			return rule, err
		}
	}
	if len(rule.Names) == 0 {
		return rule, fmt.Errorf("%s needs the name of a system call", rule.Verdict)
	}
	if rule.Errno != "" {
		if _, ok := errnos[rule.Errno]; !ok {
			return rule, fmt.Errorf("unknown error name %q", rule.Errno)
		}
	}
	return rule, nil
}

// parseConditions reads "argN OPERATOR VALUE [and …] else ERRNO".
func (r *Rule) parseConditions(words []string) error {
	if r.Verdict != Allow {
		return fmt.Errorf("only allow takes conditions")
	}
	n := len(words)
	if n < 5 || words[n-2] != "else" {
		return fmt.Errorf("conditions end with: else ERRNO")
	}
	r.Errno, words = words[n-1], words[:n-2]
	for {
		if len(words) < 3 {
			return fmt.Errorf("cannot read condition %q", strings.Join(words, " "))
		}
		c, err := parseCondition(words[0], words[1], words[2])
		if err != nil {
			return err
		}
		r.Conditions = append(r.Conditions, c)
		if words = words[3:]; len(words) == 0 {
			return nil
		}
		if words[0] != "and" {
			return fmt.Errorf("%q where and was due", words[0])
		}
		words = words[1:]
	}
}

// maxValues keeps every jump over a condition within BPF's reach.
const maxValues = 250

func parseCondition(argument, operator, values string) (Condition, error) {
	c := Condition{Operator: Operator(operator)}
	digit, ok := strings.CutPrefix(argument, "arg")
	n, err := strconv.Atoi(digit)
	if !ok || err != nil || n < 0 || n > 5 {
		return c, fmt.Errorf("%q is none of arg0 to arg5", argument)
	}
	c.Argument = n
	if strings.Count(values, ",") >= maxValues {
		return c, fmt.Errorf("more than %d values", maxValues)
	}
	for value := range strings.SplitSeq(values, ",") {
		v, err := strconv.ParseUint(value, 0, 32)
		if err != nil {
			return c, fmt.Errorf("%q is no 32-bit number", value)
		}
		c.Values = append(c.Values, uint32(v))
	}
	if c.Operator != Is && (c.Operator != Lacks || len(c.Values) != 1) {
		return c, fmt.Errorf("condition %q %q is neither: is VALUE[,VALUE], nor: lacks MASK", operator, values)
	}
	return c, nil
}
