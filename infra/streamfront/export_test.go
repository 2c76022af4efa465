package streamfront

// BuildGo runs the build of GoCode alone. A panic amid a synth, where CDK calls it, would
// leave a jsii process that serves no further test.
func BuildGo(dir, goarch, outputDir string) {
	(&goBuild{dir: dir, goarch: goarch}).TryBundle(&outputDir, nil)
}
