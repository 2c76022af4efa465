package check_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/tools/check"
)

// Each property of each fixture on the way of a request is changed, one at a time: taken
// away, flipped, widened, set to another value of its enumeration, to a number out of range,
// to text that means nothing. What run refuses in AWS's name, check finds by the same rule.
// And a mutant that neither of them notices has its reason in the table below.
func TestMutants(t *testing.T) {
	t.Parallel()
	silent := map[string]int{}
	tried := map[string]int{}
	total := 0
	dirs := fixtures(t)
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		f := loadFixture(t, dirs[name])
		before := f.findings(t)
		for _, file := range slices.Sorted(maps.Keys(f.templates)) {
			content := f.templates[file]
			missed := func() bool { f.write(t, file); return !same(before, f.findings(t)) }
			f.mutate(content, missed, func(resource, typ, property, kind string) {
				mutant := typ + " " + index.ReplaceAllString(property, "[]") + " " + kind
				group := filepath.Dir(name) // so that those of each kind of fixture are tried
				if tried[group+mutant]++; tried[group+mutant] > most {
					return
				}
				total++
				f.write(t, file)
				where := fmt.Sprintf("%s, %s: %s %s", name, resource, kind, property)
				after := f.findings(t)
				for _, finding := range after {
					if finding.Kind == template.Refused && !f.tells(t, finding) {
						t.Errorf("%s: run refuses it in AWS's name (%s), and check does not find it", where, finding.String())
					}
				}
				if same(before, after) {
					silent[mutant]++
				}
			})
			f.write(t, file)
		}
	}
	if total < 300*most {
		t.Errorf("%d mutants, too few to be those of every fixture", total)
	}
	reasons := map[string]bool{}
	noticed := total
	for _, mutant := range slices.Sorted(maps.Keys(silent)) {
		noticed -= silent[mutant]
		i := slices.IndexFunc(unnoticed, func(u unnoticedMutants) bool { return u.which.MatchString(mutant) })
		if i < 0 {
			t.Errorf("nobody notices: %s (%d times): give a rule, or a reason", mutant, silent[mutant])
			continue
		}
		reasons[unnoticed[i].which.String()] = true
	}
	for _, u := range unnoticed {
		if !reasons[u.which.String()] && most > 1 { // else not each was tried where it goes unnoticed
			t.Errorf("no mutant is excused by %s any more", u.which)
		}
	}
	t.Logf("%d mutants, %d noticed", total, noticed)
}

var index = regexp.MustCompile(`\[\d+\]`)

// unnoticedMutants are mutants that neither check nor run notices, and why.
type unnoticedMutants struct {
	which *regexp.Regexp // matches "Type Property.Path[] kind"
	why   string
}

func unnoticedAre(which, why string) unnoticedMutants {
	return unnoticedMutants{regexp.MustCompile("^(" + which + ")$"), why}
}

// on tells which resources are on the way of a request.
func on(typ string) bool {
	return strings.HasPrefix(typ, "AWS::CloudFront::") || strings.HasPrefix(typ, "AWS::Lambda::") ||
		strings.HasPrefix(typ, "AWS::S3::") || strings.HasPrefix(typ, "AWS::IAM::") || typ == "AWS::WAFv2::WebACL" || typ == "AWS::CertificateManager::Certificate"
}

// fixtures are folders with the golden templates of the constructs and the apps of strangers.
func fixtures(t *testing.T) map[string]string {
	t.Helper()
	dirs := map[string]string{}
	files, err := filepath.Glob(goldens + "*.template.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d golden templates: %v", len(files), err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".template.json"); !strings.HasSuffix(name, ".edge") {
			dirs[name] = writeGolden(t, name)
		}
	}
	strangers, err := filepath.Glob("../../../local/testdata/foreign/*/manifest.json")
	if err != nil || len(strangers) < 3 {
		t.Fatalf("%d apps of strangers: %v", len(strangers), err)
	}
	for _, file := range strangers {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
			t.Fatal(err)
		}
		dirs["foreign/"+filepath.Base(filepath.Dir(file))] = dir
	}
	styles, err := filepath.Glob(apps + "/*/manifest.json")
	if err != nil || len(styles) < 10 {
		t.Fatalf("%d apps in the styles of strangers: %v", len(styles), err)
	}
	for _, file := range styles {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
			t.Fatal(err)
		}
		dirs["apps/"+filepath.Base(filepath.Dir(file))] = dir
	}
	return dirs
}

// A mutable is an assembly whose templates can be changed.
type mutable struct {
	dir       string
	templates map[string]object // by file
}

func loadFixture(t *testing.T, dir string) *mutable {
	t.Helper()
	f := &mutable{dir: dir, templates: map[string]object{}}
	var files []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error { // those of stages are in folders of their own
		if strings.HasSuffix(path, ".template.json") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates in %s: %v", dir, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content := object{}
		if err := json.Unmarshal(text, &content); err != nil {
			t.Fatal(err)
		}
		f.templates[file] = content
	}
	return f
}

func (f *mutable) write(t *testing.T, file string) {
	t.Helper()
	writeJSON(t, file, f.templates[file])
}

func (f *mutable) findings(t *testing.T) []template.Finding {
	t.Helper()
	a, err := assembly.Load(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	m := aws.Read(a, aws.Options{})
	return slices.Concat(m.Findings, m.Unserved()) // what run answers 501 for is noticed, too
}

// tells reports whether check has the finding, by its rule and place.
func (f *mutable) tells(t *testing.T, want template.Finding) bool {
	t.Helper()
	report, err := check.Run(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(append(report.Findings, report.Suppressed...), func(got check.Finding) bool {
		return got.Rule == want.Rule && got.LogicalID == want.Resource.LogicalID && got.Property == want.Property && got.Message == want.Message
	})
}

// same compares findings by what they say: their resources are those of two readings.
func same(before, after []template.Finding) bool {
	said := func(findings []template.Finding) []string {
		var lines []string
		for i := range findings {
			f := &findings[i]
			lines = append(lines, fmt.Sprint(f.Rule, f.Kind, f.Level, f.String()))
		}
		slices.Sort(lines)
		return lines
	}
	return slices.Equal(said(before), said(after))
}

// mutate changes one property after the other, calls mutant, and changes it back. A resource
// that nobody misses is off the way of every request, and stays as it is.
func (f *mutable) mutate(content object, missed func() bool, mutant func(resource, typ, property, kind string)) {
	resources, _ := content["Resources"].(object)
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		resource, _ := resources[id].(object)
		typ, _ := resource["Type"].(string)
		properties, _ := resource["Properties"].(object)
		if !on(typ) {
			continue
		}
		delete(resources, id)
		onTheWay := missed()
		resources[id] = resource
		if onTheWay {
			mutateObject(properties, "", func(property, kind string) { mutant(id, typ, property, kind) })
		}
	}
}

func mutateObject(o object, path string, mutant func(property, kind string)) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		property, value := strings.TrimPrefix(path+"."+name, "."), o[name]
		delete(o, name)
		mutant(property, "deleted")
		mutateValue(property, name, value, func(v any) { o[name] = v }, mutant)
		o[name] = value
	}
}

func mutateList(l list, path string, mutant func(property, kind string)) {
	for i, value := range l {
		property := fmt.Sprintf("%s[%d]", path, i)
		l[i] = object{"Ref": "AWS::NoValue"}
		mutant(property, "deleted")
		mutateValue(property, path[strings.LastIndexByte(path, '.')+1:], value, func(v any) { l[i] = v }, mutant)
		l[i] = value
	}
}

// others are the other values of enumerations, by the name of the property.
var others = map[string][]any{
	"AuthType": {"AWS_IAM", "NONE"}, "InvokeMode": {"BUFFERED", "RESPONSE_STREAM"}, "FunctionUrlAuthType": {"AWS_IAM", "NONE"},
	"Principal": {"*", "s3.amazonaws.com"}, "Action": {"lambda:*", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"},
	"SigningBehavior": {"always", "never", "no-override"}, "OriginAccessControlOriginType": {"s3", "lambda"},
	"ViewerProtocolPolicy": {"allow-all", "https-only", "redirect-to-https"}, "OriginProtocolPolicy": {"http-only", "match-viewer", "https-only"},
	"EventType": {"viewer-request", "origin-request", "origin-response", "viewer-response"},
	"Runtime":   {"java21", "python3.13", "cloudfront-js-1.0"}, "Architectures": {"arm64", "x86_64"},
	"MinimumProtocolVersion": {"TLSv1", "TLSv1.2_2021"}, "OriginSSLProtocols": {"TLSv1", "TLSv1.2"},
	"HeaderBehavior": {"none", "allViewer", "allExcept", "whitelist"}, "CookieBehavior": {"none", "all"}, "QueryStringBehavior": {"none", "all"},
	"CachePolicyId":         {"658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"},
	"OriginRequestPolicyId": {"216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac", "acba4595-bd28-49b8-b9fe-13317c0390fa"},
}

func mutateValue(property, name string, value any, set func(any), mutant func(property, kind string)) {
	try := func(v any, kind string) {
		if fmt.Sprint(v) != fmt.Sprint(value) {
			set(v)
			mutant(property, kind)
		}
	}
	for _, v := range others[name] {
		if _, isList := value.(list); !isList {
			try(v, fmt.Sprint("set to ", v))
		}
	}
	switch v := value.(type) {
	case bool:
		try(!v, "flipped")
	case float64:
		for _, n := range []float64{-1, 0, 1e6} {
			try(n, fmt.Sprint("set to ", n))
		}
	case string:
		try("no such value", "garbled")
		try("*", "widened")
	case list:
		try(list{}, "emptied")
		set(v)
		mutateList(v, property, mutant)
	case object:
		for fn := range v {
			if len(v) == 1 && (fn == "Ref" || strings.HasPrefix(fn, "Fn::")) {
				try("no such value", "garbled")
				try("*", "widened")
				return
			}
		}
		try(object{}, "emptied")
		set(v)
		mutateObject(v, property, mutant)
	}
}

// unnoticed is the table of mutants that nobody notices, with why no rule could: what is a choice, and what
// only something outside of the template would tell.
var unnoticed = []unnoticedMutants{
	unnoticedAre(`.* Tags.*`, "tags are for people and bills"),

	// Buckets and roles.
	unnoticedAre(`AWS::S3::Bucket PublicAccessBlockConfiguration deleted`, "the default of Amazon S3 since April 2023, which is as safe"),
	unnoticedAre(`AWS::S3::BucketPolicy PolicyDocument\.Statement\[\]\.(Action widened|Principal set to \*|Resource\[\] .*)`,
		"a Deny of as much or more, or of the bucket's objects alone; an Allow that its condition keeps to one distribution"),
	unnoticedAre(`AWS::S3::BucketPolicy PolicyDocument\.Version deleted`, "the older version of the language, in which these statements mean the same"),

	unnoticedAre(`.*\.(Comment|Name) (deleted|garbled|widened)|AWS::Lambda::Function Description .*`, "a name or a remark, of which AWS takes any"),

	// Lambda.
	unnoticedAre(`AWS::Lambda::Function (Architectures|MemorySize|Timeout|Handler|Runtime set to).*`, "another value, or the default, which AWS takes as well; whether the code fits it only the code would tell"),
	unnoticedAre(`AWS::Lambda::Function Code\.(S3Bucket|ZipFile) (deleted|garbled|widened)`, "any bucket, and any code: whether it is one that runs shows when it runs"),
	unnoticedAre(`AWS::CloudFront::Distribution DistributionConfig.*FunctionAssociations\[\].EventType set to viewer-response`, "what a function makes of a response only its code would tell"),
	unnoticedAre(`AWS::Lambda::Function Environment.*`, "the application's own variables"),
	unnoticedAre(`AWS::Lambda::Function Code\.ImageUri (garbled|widened)`, "any image: whether there is one only a registry would tell"),
	unnoticedAre(`AWS::Lambda::Url Cors.*`, "which pages may call is a choice, which the chain serves as it is"),
	unnoticedAre(`AWS::Lambda::Url InvokeMode .*`, "how an image, or code that is not here, answers only it would tell"),
	unnoticedAre(`AWS::Lambda::Url Qualifier deleted`, "the permissions of the fixture are for the function, too"),

	// What is cached and forwarded.
	unnoticedAre(`AWS::CloudFront::CachePolicy .*TTL set to 1e\+06`, "a longer time, which AWS takes"),
	unnoticedAre(`AWS::CloudFront::CachePolicy .*(EnableAcceptEncoding(Brotli|Gzip)|CookieBehavior|QueryStringBehavior|Headers\[\]) .*`,
		"another cache key that AWS takes; cache-mixes-users looks at what is forwarded beside it"),
	unnoticedAre(`.*\.CachePolicyId set to .*`, "another policy of AWS, with nothing forwarded beside its key"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.OriginRequestPolicyId .*|.*\.OriginRequestPolicyId (deleted|set to acba.*)`,
		"less is forwarded: authorization-lost finds it where a signer needs Authorization; what else the application needs only it knows"),
	unnoticedAre(`.*\.(Compress|CachedMethods|ResponseHeadersPolicyId) .*|AWS::CloudFront::ResponseHeadersPolicy .*`,
		"what answers look like, and not whether they come: which headers an application wants, and sends itself, a template does not tell"),

	// Behaviors.
	unnoticedAre(`.*\.CacheBehaviors(\[\])? (deleted|emptied)`, "a route less: its paths go to another behavior, which is a choice"),
	unnoticedAre(`.*\.AllowedMethods(\[\])? deleted`, "fewer methods, which is a choice"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.PathPattern .*`, "another path, which is a choice: route-hidden finds one that hides those after it"),
	unnoticedAre(`.*\.ViewerProtocolPolicy set to (https-only|redirect-to-https)`, "as safe"),
	unnoticedAre(`.*\.FunctionAssociations(\[\])? (deleted|emptied)`, "viewer-forwarded-host finds it where another route or the function's code tells that x-forwarded-host is believed; nothing does here"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.LambdaFunctionAssociations.*`, "a function that hashes nothing, on a route without methods to hash for: authorizer-without-check finds an authorizer that is gone"),

	unnoticedAre(`.*\.CacheBehaviors\[\]\.ViewerProtocolPolicy set to allow-all`, "of a behavior before a bucket with a public site, where no function is called"),

	// Origins.
	unnoticedAre(`.*\.CustomOriginConfig\.Origin(KeepaliveTimeout|ReadTimeout|SSLProtocols)(\[\])? (deleted|emptied)`,
		"the default; read-timeout-short finds it where the function may take longer"),
	unnoticedAre(`.*\.OriginCustomHeaders.*`, "configuration of an edge function, or a header of the application's: origin-header-trusted finds those that say who calls"),

	unnoticedAre(`.*\.Origins\[\]\.S3OriginConfig (emptied|deleted)|.*\.S3OriginConfig\.OriginAccessIdentity deleted`, "no access identity beside the origin access control, which CDK writes as an empty one"),

	// Distributions.
	unnoticedAre(`.*\.CustomErrorResponses\[\]\.ErrorCachingMinTTL .*`, "how long errors are kept is a choice"),
	unnoticedAre(`.*\.DefaultRootObject .*`, "which object the path / stands for is a choice"),
	unnoticedAre(`.*DistributionConfig\.(Aliases|HttpVersion|IPV6Enabled|PriceClass|Logging).*`, "names, protocols, places and logs, which are a choice; that a bucket for logs takes no ACLs is refused, and a bucket of another app cannot be looked at"),
	unnoticedAre(`.*DistributionConfig\.Restrictions.*`, "which countries are let in is a choice"),
	unnoticedAre(`.*DistributionConfig\.ViewerCertificate\.MinimumProtocolVersion set to TLSv1\.2_2021`, "as safe"),
	unnoticedAre(`.*DistributionConfig\.WebACLId .*`, "an id, which may be of another app: web-acl-open finds one of this app that is detached or empty, and a wrong scope is refused"),
}
