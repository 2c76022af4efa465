package ecs

// Limits of tasks.
//
// Source: Amazon Elastic Container Service Developer Guide, "Task definition parameters for
// Fargate" (November 2026). Documented.
const (
	defaultStop = 30  // seconds between SIGTERM and SIGKILL
	maxStop     = 120 // seconds, of Fargate
)

// A memory is what a size of processor goes with, in MiB.
type memory struct{ least, most, step int }

// sizes are the processors that Fargate has, in 1/1024, with the memory that goes with each.
// 512 MiB go with the smallest alone.
var sizes = map[int]memory{
	256: {512, 2048, 512}, 512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024},
	4096: {8192, 30720, 1024}, 8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
}
