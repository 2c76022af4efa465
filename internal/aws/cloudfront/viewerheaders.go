package cloudfront

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// aboutViewer are the headers about the viewer that this machine can know. Where viewers come
// from, their network, and fingerprints of their TLS are not among them.
//
// Source: Amazon CloudFront Developer Guide, "Add CloudFront request headers".
var aboutViewer = map[string]func(*aboutRequest) string{
	"Cloudfront-Forwarded-Proto":     func(*aboutRequest) string { return "https" },
	"Cloudfront-Viewer-Address":      func(r *aboutRequest) string { return r.RemoteAddr },
	"Cloudfront-Viewer-Http-Version": func(r *aboutRequest) string { return strings.TrimPrefix(r.Proto, "HTTP/") },
	"Cloudfront-Viewer-Header-Count": func(r *aboutRequest) string { return strconv.Itoa(headerCount(r.Request)) },
	"Cloudfront-Viewer-Tls":          func(r *aboutRequest) string { return viewerTLS(r.Request) },
	"Cloudfront-Is-Android-Viewer":   is(func(d device) bool { return d.android }),
	"Cloudfront-Is-Desktop-Viewer":   is(func(d device) bool { return !d.mobile && !d.tablet && !d.tv }),
	"Cloudfront-Is-Ios-Viewer":       is(func(d device) bool { return d.ios }),
	"Cloudfront-Is-Mobile-Viewer":    is(func(d device) bool { return d.mobile }),
	"Cloudfront-Is-Smarttv-Viewer":   is(func(d device) bool { return d.tv }),
	"Cloudfront-Is-Tablet-Viewer":    is(func(d device) bool { return d.tablet }),
}

// viewerHeaders returns the headers about the viewer that one of the policies names.
func viewerHeaders(viewer *http.Request, b *Behavior) map[string]string {
	if !b.Cache.Headers.Any() && !b.Policy.CloudFront.Any() {
		return nil
	}
	out, about := map[string]string{}, &aboutRequest{Request: viewer}
	for name, value := range aboutViewer {
		if b.Cache.Headers.Has(name) || b.Policy.CloudFront.Has(name) {
			out[name] = value(about)
		}
	}
	return out
}

// Unmade returns the headers about the viewer that the behavior's policies name and that the
// chain cannot make, sorted.
func Unmade(b *Behavior) []string {
	var names []string
	for _, selection := range []Selection{b.Cache.Headers, b.Policy.CloudFront} {
		if selection.All {
			continue // it names those that it leaves out
		}
		for _, name := range selection.Names {
			if isAboutViewer(name) && aboutViewer[name] == nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func isAboutViewer(name string) bool { return strings.HasPrefix(name, "Cloudfront-") }

// headerCount counts the viewer's headers as they came.
func headerCount(r *http.Request) int {
	count := 1 // Host, which net/http keeps apart
	for _, values := range r.Header {
		count += len(values)
	}
	return count
}

// viewerTLS is version, cipher and kind of handshake. Viewers by plain HTTP count as those
// by HTTPS.
func viewerTLS(r *http.Request) string {
	version, cipher, handshake := uint16(tls.VersionTLS13), tls.TLS_AES_128_GCM_SHA256, "fullHandshake"
	if s := r.TLS; s != nil {
		version, cipher = s.Version, s.CipherSuite
		if s.DidResume {
			handshake = "sessionResumed"
		}
	}
	return strings.ReplaceAll(tls.VersionName(version), " ", "v") + ":" + tls.CipherSuiteName(cipher) + ":" + handshake
}

// A device is what a User-Agent says of a machine. How CloudFront distinguishes devices is not
// published: this is the usual reading of the names (assumed).
type device struct{ android, ios, mobile, tablet, tv bool }

var (
	smartTV = regexp.MustCompile(`(?i)smart-?tv|googletv|appletv|hbbtv|netcast|web0s|bravia|\baft[a-z]|crkey`)
	tablet  = regexp.MustCompile(`(?i)ipad|tablet|kindle|silk/`)
	mobile  = regexp.MustCompile(`(?i)mobi|iphone|ipod`)
)

func deviceOf(agent string) (d device) {
	d.android = strings.Contains(agent, "Android")
	d.ios = strings.Contains(agent, "iPhone") || strings.Contains(agent, "iPad") || strings.Contains(agent, "iPod")
	d.tv = smartTV.MatchString(agent)
	d.tablet = !d.tv && (tablet.MatchString(agent) || d.android && !mobile.MatchString(agent))
	d.mobile = !d.tv && !d.tablet && mobile.MatchString(agent)
	return d
}

func is(what func(device) bool) func(*aboutRequest) string {
	return func(r *aboutRequest) string {
		if r.device == nil {
			d := deviceOf(r.UserAgent())
			r.device = &d
		}
		return strconv.FormatBool(what(*r.device))
	}
}

// An aboutRequest is a viewer's request with what was found out about it.
type aboutRequest struct {
	*http.Request
	device *device // nil: nobody asked yet
}
