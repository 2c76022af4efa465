// Package procgroup ends the processes of the chain together with all processes that they started.
package procgroup
