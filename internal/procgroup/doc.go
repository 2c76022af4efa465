// Package procgroup ends the processes of the chain with all that they started.
package procgroup
