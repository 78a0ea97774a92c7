// Package admit decides which compile runs next, and which is refused.
//
//	Admit ─► waits in its tenant's line ─► Turn ─┬─ Slow ─► goes on behind the others
//	   └──► Refusal, with a time to come back    └─ End
//
// A compile holds one of a few turns, about as many as there are processors,
// for as long as a compile usually takes. One that takes longer gives its turn
// back and goes on at the lowest priority, so that short compiles are not stuck
// behind long ones. Turns go to the tenant that has used the least processor
// time; a tenant that runs nothing waits for nobody's turn.
//
// Nobody can take all: of what may run at once a tenant, and a kind of box, get
// no more than a multiple of what is free (dynamic thresholds, Choudhury and
// Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
// 1998), so that there is always room for whoever comes next.
//
// The package knows no languages and runs nothing. Time in a line is never a
// part of a compile's own limit. It is called by render.
package admit
