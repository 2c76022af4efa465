package lambda

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
	"github.com/streamfront/streamfront/internal/template"
)

// Served are the OS-only runtimes that the local chain runs behind a front door; beside them
// it runs those of package managed, and web applications behind the adapter.
var Served = []string{"provided.al2023", "provided.al2"}

// Serve prepares a function that is behind a front door to be run here, and notes what of it the
// local chain does not model. Of a function whose program somebody gives, nothing matters but
// its environment.
func (ds *Definitions) Serve(d *Definition) {
	if d.served { // by another front door
		return
	}
	d.served = true
	switch {
	case slices.ContainsFunc(ds.Replaced, d.Called):
		d.Replaced = true
	case d.PackageType.IsNot("Zip"):
		d.Log.Unmodelled(d.PackageType.Place, "is %s: the local chain runs no containers; give it the program of the image: --function %s='npm start'", d.PackageType.V, d.Name)
	default:
		ds.readLayers(d)
		if wrapper := d.MissingAdapter(); wrapper != nil {
			d.Log.Unmodelled(wrapper.Place, "is %s, and there is no layer that brings it: the function does not start", wrapper.V)
		}
		_, known := managed.Parse(d.Runtime.V)
		if d.Adapter == nil && d.Runtime.Known() && !known && !slices.Contains(Served, d.Runtime.V) {
			d.Log.Unmodelled(d.Runtime.Place, "is %s: the local chain models nodejs, python, %s; give it a program of your own: --function %s='npm start'", d.Runtime.V, strings.Join(Served, ", "), d.Name)
		}
	}
}

// Unserved are the findings about what of the function the local chain does not model; none: it
// runs here.
func (d *Definition) Unserved() []template.Finding {
	log := &template.Log{}
	log.Take(d.Log, template.Unmodelled)
	return log.Findings()
}

// MissingAdapter is the variable by which the Lambda Web Adapter starts the function, if it has
// no layer that could have it: /opt is empty then. OS-only runtimes take no such variable.
//
// Source: AWS Lambda Developer Guide, "Modifying the runtime environment", wrapper scripts.
// Documented.
func (d *Definition) MissingAdapter() *template.Text {
	wrapper := d.Variables["AWS_LAMBDA_EXEC_WRAPPER"]
	if wrapper.V != webadapter.Wrapper || !d.PackageType.Is("Zip") || d.Layers.Why != nil || len(d.Layers.Items) > 0 || strings.HasPrefix(d.Runtime.V, "provided") {
		return nil
	}
	return &wrapper
}

// Called reports whether people mean this function by a name: "Stack/LogicalId", the logical id,
// with or without the digits that CDK appends, the function's name, or the path of its construct.
func (d *Definition) Called(name string) bool {
	return name == d.FunctionName || Calls(d.Resource, name)
}

// Calls reports whether people mean a resource by a name: "Stack/LogicalId", the logical id, with
// or without the digits that CDK appends, or the path of its construct.
func Calls(res *assembly.Resource, name string) bool {
	path, _ := res.Metadata["aws:cdk:path"].(string)
	return slices.Contains([]string{
		res.Name(), res.LogicalID, appended.ReplaceAllString(res.Name(), ""), appended.ReplaceAllString(res.LogicalID, ""),
		strings.TrimSuffix(path, "/Resource"),
	}, name)
}

// appended are the digits at the end of CDK's logical ids.
var appended = regexp.MustCompile(`[0-9A-F]{8}$`)

// readLayers reads the Lambda Web Adapter's layers, and those from assets.
func (ds *Definitions) readLayers(d *Definition) {
	for _, layer := range d.Layers.Items {
		if !layer.Known() {
			continue
		}
		if architecture, ok := webadapter.IsLayer(layer.V); ok {
			d.readAdapter(layer.V, architecture, layer.Place)
			continue
		}
		dir, err := ds.layer(layer.V)
		if err != nil {
			d.Log.Unmodelled(layer.Place, "is %s: %v", layer.V, err)
			continue
		}
		if dir != "" {
			d.LayerDirs = append(d.LayerDirs, dir)
		}
	}
}

// onlyWatch are the layers whose extension watches the function, which finds nothing in them.
//
// Source: Amazon CloudWatch User Guide, "Available versions of the Lambda Insights extension".
// Documented.
var onlyWatch = regexp.MustCompile(`^LambdaInsightsExtension(-Arm64)?$`)

// layer finds the asset of a layer version, or the folder that somebody gives for one of others;
// "": functions run without it.
func (ds *Definitions) layer(arn string) (string, error) {
	res, err := ds.assembly.Find("AWS::Lambda::LayerVersion", "", arn)
	if err != nil {
		return "", err
	}
	if res == nil {
		name := layerName(arn)
		ds.foreign = append(ds.foreign, name, arn)
		for _, called := range []string{arn, name} {
			if dir, given := ds.Layers[called]; given {
				return dir, nil
			}
		}
		if onlyWatch.MatchString(name) {
			return "", nil
		}
		return "", fmt.Errorf("the layer is not in this cloud assembly: say in which folder it is unpacked with --layer %s=FOLDER, or run without it by --layer %s=", name, name)
	}
	content, _ := res.RawProperties()["Content"].(map[string]any)
	key, err := res.Stack.Resolve(content["S3Key"])
	if err != nil {
		return "", err
	}
	return res.Stack.AssetPath(fmt.Sprint(key))
}

// layerName is the name in the ARN of a version of a layer, or the text itself if it is none.
func layerName(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) == 8 && parts[5] == "layer" {
		return parts[6]
	}
	return arn
}

// UnknownLayers returns those of the names in Layers that no function here has.
func (ds *Definitions) UnknownLayers() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(ds.Layers)), func(name string) bool { return slices.Contains(ds.foreign, name) })
}

// readAdapter reads the settings of a function that has the Lambda Web Adapter as a layer.
func (d *Definition) readAdapter(arn, architecture string, at template.Place) {
	switch {
	case architecture != d.Architecture():
		d.Log.Unmodelled(at, "is %s, which does not run on %s", arn, d.Architecture())
	case strings.HasPrefix(d.Runtime.V, "provided"):
		d.Handler.V = "bootstrap" // the application itself: OS-only runtimes have no wrappers
	case d.Variables["AWS_LAMBDA_EXEC_WRAPPER"].V != webadapter.Wrapper:
		d.Log.Unmodelled(at, "is %s, which does nothing unless AWS_LAMBDA_EXEC_WRAPPER is %s", arn, webadapter.Wrapper)
	}
	settings, err := webadapter.ParseSettings(d.Values())
	if err != nil {
		d.Log.Unmodelled(d.Environment, ": %v", err)
	}
	d.Adapter = &settings
}
