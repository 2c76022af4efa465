package streamfront

// BuildGo runs the build of GoCode alone. A panic amid a synth, where CDK calls it, would
// leave a jsii process that serves no further test.
func BuildGo(dir, goarch, outputDir string) {
	(&goBuild{dir: dir, goarch: goarch, tags: []string{buildTag}, ldFlags: linkerFlags}).TryBundle(&outputDir, nil)
}

// Covers is the test by which a route counts as never reached.
func Covers(outer, inner string) bool { return covers(outer, inner) }

// Reachable is the test by which a pattern counts as one that no request matches.
func Reachable(pattern string) bool { return reachable(pattern) }
