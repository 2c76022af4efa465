package fronts_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
)

func TestLoadBalancedServiceRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		props fronts.LoadBalancedServiceProps
		want  string
	}{
		"all at once": {fronts.LoadBalancedServiceProps{
			Cpu: jsii.Number(300), DesiredCount: jsii.Number(-1), HealthCheckPath: jsii.String("healthz"),
			Environment: &map[string]*string{"PORT": jsii.String("80"), "X": nil},
		}, `streamfront: 5 problems:
- LoadBalancedServiceProps.Cpu is 300; Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384
- LoadBalancedServiceProps.DesiredCount is -1; use a whole number, and 0 for none
- LoadBalancedServiceProps.HealthCheckPath is "healthz"; use a path that begins with a slash, such as /healthz
- LoadBalancedServiceProps.Environment has PORT, which the construct sets, since the load balancer sends requests to that port; remove it
- LoadBalancedServiceProps.Environment has nil for "X"; set a value, or remove it`},
		"memory of the least processor": {
			fronts.LoadBalancedServiceProps{MemoryLimitMiB: jsii.Number(1536)},
			"LoadBalancedServiceProps.MemoryLimitMiB is 1536; with Cpu 256 Fargate has 512, 1024 and 2048",
		},
		"memory": {
			fronts.LoadBalancedServiceProps{Cpu: jsii.Number(8192), MemoryLimitMiB: jsii.Number(17408)},
			"LoadBalancedServiceProps.MemoryLimitMiB is 17408; with Cpu 8192 Fargate has 16384 to 61440 in steps of 4096",
		},
		"default memory": {
			fronts.LoadBalancedServiceProps{Cpu: jsii.Number(1024)},
			"LoadBalancedServiceProps.MemoryLimitMiB is 512; with Cpu 1024 Fargate has 2048 to 8192 in steps of 1024",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.props.Image = awsecs.ContainerImage_FromRegistry(jsii.String("example"), nil)
			mustPanic(t, test.want, func() {
				fronts.NewLoadBalancedService(newStack(), jsii.String("Service"), &test.props)
			})
		})
	}
}
