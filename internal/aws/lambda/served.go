package lambda

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/webadapter"
)

// Served are the runtimes that the local chain runs behind a function URL without the web
// adapter.
var Served = []string{"provided.al2023", "provided.al2"}

// Serve prepares a function that is behind a URL to be run here, and notes what of it the
// local chain does not model.
func (d *Definition) Serve() {
	if d.PackageType.IsNot("Zip") {
		d.Log.Unmodelled(d.PackageType.Place, "is %s: the local chain models Zip", d.PackageType.V)
		return
	}
	d.readAdapter()
	if d.Adapter == nil && d.Runtime.Known() && !slices.Contains(Served, d.Runtime.V) {
		d.Log.Unmodelled(d.Runtime.Place, "is %s: the local chain models %s", d.Runtime.V, strings.Join(Served, ", "))
	}
}

// readAdapter reads the layers: the Lambda Web Adapter's is the one that is modelled.
func (d *Definition) readAdapter() {
	for _, layer := range d.Layers.Items {
		architecture, ok := webadapter.IsLayer(layer.V)
		switch {
		case !layer.Known():
			continue
		case !ok:
			d.Log.Unmodelled(layer.Place, "is %s: the local chain models the Lambda Web Adapter's layers only", layer.V)
			continue
		case architecture != d.Architecture():
			d.Log.Unmodelled(layer.Place, "is %s, which does not run on %s", layer.V, d.Architecture())
		case strings.HasPrefix(d.Runtime.V, "provided"):
			d.Handler.V = "bootstrap" // the application itself: OS-only runtimes have no wrappers
		case d.Variables["AWS_LAMBDA_EXEC_WRAPPER"].V != webadapter.Wrapper:
			d.Log.Unmodelled(layer.Place, "is %s, which does nothing unless AWS_LAMBDA_EXEC_WRAPPER is %s", layer.V, webadapter.Wrapper)
		}
		settings, err := webadapter.ParseSettings(d.Values())
		if err != nil {
			d.Log.Unmodelled(d.Environment, ": %v", err)
		}
		d.Adapter = &settings
	}
}
