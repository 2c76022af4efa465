package elb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/template"
)

// Attributes are those of a load balancer that a request can see.
type Attributes struct {
	Idle         template.Duration // how long either side may be silent
	DropInvalid  bool              // headers whose names have other characters than letters, digits and hyphens
	ForwardedFor string            // what becomes of X-Forwarded-For: append, preserve or remove
	ClientPort   bool              // X-Forwarded-For has the port of the client, too
	TLSHeaders   bool              // requests get the version and the cipher of TLS
}

// quiet are the attributes that no request sees, or their first words.
var quiet = []string{
	"access_logs.", "connection_logs.", "health_check_logs.", "deletion_protection.", "load_balancing.", "routing.http2.", "waf.fail_open.",
	"zonal_shift.", "client_keep_alive.", "ipv6.", "routing.http.desync_mitigation_mode", "routing.http.preserve_host_header.",
	"secondary_ips.", "dns_record.",
}

// each calls take with the attributes of a list, whose values are texts.
func each(of *template.Reader, name string, take func(key string, value template.Text, item *template.Reader)) {
	items, _ := of.Objects(name, template.Spare)
	for _, item := range items {
		key := item.Text("Key", template.Spare)
		take(key.V, item.Text("Value", template.Spare), item)
	}
}

func startsWith(text string, beginnings []string) bool {
	for _, beginning := range beginnings {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	return false
}

// readAttributes reads those of a load balancer.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Edit attributes
// for your Application Load Balancer". Documented.
func readAttributes(of *template.Reader) Attributes {
	a := Attributes{ForwardedFor: "append", Idle: template.Duration{Place: of.At("LoadBalancerAttributes"), V: defaultIdle * time.Second}}
	each(of, "LoadBalancerAttributes", func(key string, value template.Text, item *template.Reader) {
		switch key {
		case "idle_timeout.timeout_seconds":
			a.Idle.Place, a.Idle.Given = value.Place, true
			if !value.Known() {
				a.Idle.Why = value.Why
				item.Unmodelled("Value", ": %v", value.Why)
			} else if n, err := strconv.Atoi(value.V); err != nil || n < 1 || n > maxIdle {
				item.Refuse("Value", "is %s: an idle timeout has 1 to %d seconds", value.V, maxIdle)
			} else {
				a.Idle.V = time.Duration(n) * time.Second
			}
		case "routing.http.drop_invalid_header_fields.enabled":
			a.DropInvalid = truth(value, item)
		case "routing.http.xff_client_port.enabled":
			a.ClientPort = truth(value, item)
		case "routing.http.x_amzn_tls_version_and_cipher_suite.enabled":
			a.TLSHeaders = truth(value, item)
		case "routing.http.xff_header_processing.mode":
			if a.ForwardedFor = value.V; value.Known() && value.V != "append" && value.V != "preserve" && value.V != "remove" {
				item.Refuse("Value", "is %s: AWS accepts append, preserve and remove", value.V)
			}
		default:
			if !startsWith(key, quiet) {
				item.Unmodelled("Key", "is %s, which is not modelled by the local chain", key)
			}
		}
	})
	return a
}

func truth(value template.Text, item *template.Reader) bool {
	if value.Known() && value.V != "true" && value.V != "false" {
		item.Refuse("Value", "is %s: AWS accepts true and false", value.V)
	}
	return value.V == "true"
}

// readAttributes reads those of a listener: headers that answers get.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "HTTP header
// modification". Documented.
func (l *Listener) readAttributes(of *template.Reader) {
	each(of, "ListenerAttributes", func(key string, value template.Text, item *template.Reader) {
		header, found := strings.CutPrefix(key, "routing.http.response.")
		name, sets := strings.CutSuffix(header, ".header_value")
		switch {
		case key == "routing.http.response.server.enabled":
			l.ServerHeader = truth(value, item)
		case found && sets && value.Known():
			l.Headers[http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))] = value.V
		default:
			item.Unmodelled("Key", "is %s, which is not modelled by the local chain", key)
		}
	})
}
