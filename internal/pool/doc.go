// Package pool keeps cells parked, so that a job never waits for a fork while
// one is there, and keeps a box running to fork them from.
//
//	            ┌ parker ─ slot ─► Park ─► holds one parked cell ┐
//	Run ─► box ─┤ parker …                                       ├─► ready ─► Do
//	            └ parker …                                       ┘
//
// Each parker holds at most one parked cell and gives it to whoever comes
// first; that is the whole book-keeping of "N parked, none used twice". How
// many parkers are at work follows the demand, as far as the daemon's budget
// has memory for their cells. A box and its parkers are a tenure. Tenures
// overlap when a box is recycled, so that no request fails for it, and follow
// each other when a box dies: that row is a lineage. Lineages run side by side
// while one zygote cannot fork as fast as jobs come.
//
// The package decides no outcome and knows no languages. It is called by
// render.
package pool
