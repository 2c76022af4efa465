package fronts

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// memories are the sizes of memory, in MiB, that Fargate has for a size of processor (documented).
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
var memories = []struct{ cpu, least, most, step float64 }{
	{256, 512, 2048, 0}, // 512, 1024 and 2048
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

// validateTask finds what Fargate refuses, and sets the defaults. Without it a deployment fails only
// after the VPC and the load balancer exist.
func (p *LoadBalancedServiceProps) validateTask(found *problems.List) {
	number(&p.Cpu, 256)
	number(&p.MemoryLimitMiB, 512)
	number(&p.DesiredCount, 2)
	if p.HealthCheckPath == nil {
		p.HealthCheckPath = jsii.String("/healthz")
	}
	if !unresolved(p.Cpu) {
		p.validateSize(found)
	}
	if n := *p.DesiredCount; !unresolved(p.DesiredCount) && (n < 0 || n != math.Trunc(n)) {
		found.Add("LoadBalancedServiceProps.DesiredCount is %v; use a whole number, and 0 for none", n)
	}
	if path := *p.HealthCheckPath; !*awscdk.Token_IsUnresolved(path) && !strings.HasPrefix(path, "/") {
		found.Add("LoadBalancedServiceProps.HealthCheckPath is %q; use a path that begins with a slash, such as /healthz", path)
	}
	p.validateEnvironment(found)
}

func (p *LoadBalancedServiceProps) validateSize(found *problems.List) {
	cpu, memory := *p.Cpu, *p.MemoryLimitMiB
	if cpu > memories[len(memories)-1].cpu {
		return // AWS adds larger sizes
	}
	for _, m := range memories {
		if m.cpu != cpu {
			continue
		}
		sizes := fmt.Sprintf("%v to %v in steps of %v", m.least, m.most, m.step)
		fits := memory >= m.least && memory <= m.most && math.Mod(memory, m.step) == 0
		if m.step == 0 {
			sizes = "512, 1024 and 2048"
			fits = memory == 512 || memory == 1024 || memory == 2048
		}
		if !unresolved(p.MemoryLimitMiB) && !fits {
			found.Add("LoadBalancedServiceProps.MemoryLimitMiB is %v; with Cpu %v Fargate has %s", memory, cpu, sizes)
		}
		return
	}
	found.Add("LoadBalancedServiceProps.Cpu is %v; Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384", cpu)
}

func (p *LoadBalancedServiceProps) validateEnvironment(found *problems.List) {
	const port = "LoadBalancedServiceProps.%s has PORT, which the construct sets, since the load balancer sends requests to that port; remove it"
	if p.Environment != nil {
		for _, name := range slices.Sorted(maps.Keys(*p.Environment)) {
			if name == "PORT" {
				found.Add(port, "Environment")
			} else if (*p.Environment)[name] == nil {
				found.Add("LoadBalancedServiceProps.Environment has nil for %q; set a value, or remove it", name)
			}
		}
	}
	if p.Secrets != nil {
		if _, has := (*p.Secrets)["PORT"]; has {
			found.Add(port, "Secrets")
		}
	}
}

func number(value **float64, fallback float64) {
	if *value == nil {
		*value = &fallback
	}
}

func unresolved(value *float64) bool { return *awscdk.Token_IsUnresolved(value) }
