// Package selftest looks at a box before it serves: from outside, at what the
// kernel says of its zygote and of a parked cell, and from inside, through the
// path that every job takes. What it finds is compared with what the daemon's
// configuration asks for. Of Landlock and no_new_privs alone there is no trace
// that another wall would not leave as well: there the zygote is believed.
//
// A wall that is missing has a name, a consequence and a remedy, and keeps the
// box from serving unless the operator accepts it by that name. The package
// mends nothing and knows no languages. It is called by pool, for every box
// that starts.
package selftest
