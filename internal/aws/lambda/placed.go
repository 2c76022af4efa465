package lambda

import (
	"fmt"
	"maps"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// place finds the code that a deployment uploads over the asset of the template before the function
// runs. The construct library cdk-nextjs-standalone does so with the server of Next.js, since its
// code gets values of the deployment; here these stay the texts that stand for them.
//
// Source: cdk-nextjs-standalone 4.3, NextjsBucketDeployment with zip.
func (ds *Definitions) place(d *Definition) {
	if d.Code.Dir == "" {
		return
	}
	for _, res := range template.Each(ds.assembly, "Custom::NextjsBucketDeployment", d.Log) {
		if asset(res, "destinationKeyPrefix") == d.Code.Dir {
			if source := asset(res, "sourceKeyPrefix"); source != "" {
				d.Code.Dir = source
				values, _ := res.RawProperties()["substitutionConfig"].(map[string]any)
				d.Code.Texts = slices.Sorted(maps.Keys(values))
			}
		}
	}
}

// asset is the path of the asset whose key is a property of the resource; "" if there is none.
func asset(res *assembly.Resource, property string) string {
	key, err := res.Stack.Resolve(res.RawProperties()[property])
	if err != nil || key == nil {
		return ""
	}
	path, err := res.Stack.AssetPath(fmt.Sprint(key))
	if err != nil {
		return ""
	}
	return path
}
