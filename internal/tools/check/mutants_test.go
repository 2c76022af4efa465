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
	"sync"
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
	var mu sync.Mutex
	silent := map[string][]string{} // "Type Property kind in fixture" of those that nobody notices, and where they are
	total := 0
	required := requiredProperties(t)
	dirs := fixtures(t)
	t.Cleanup(func() { judgeMutants(t, total, silent) }) // after those below
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		if racing && strings.Contains(name, "/") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := loadFixture(t, dirs[name])
			before := f.findings(t)
			for _, file := range slices.Sorted(maps.Keys(f.templates)) {
				content := f.templates[file]
				missed := func() bool { f.write(t, file); return !same(before, f.findings(t)) }
				f.mutate(content, missed, func(resource, typ, property, kind string) {
					f.write(t, file)
					where := fmt.Sprintf("%s, %s: %s %s", name, resource, kind, property)
					after, report := f.read(t)
					wantToldOfRefusals(t, where, after, report)
					if required[typ+" "+index.ReplaceAllString(property, "[]")] && kind == "deleted" && !refused(after) {
						t.Errorf("%s: CloudFormation requires it, and nobody refuses a template without it", where)
					}
					mu.Lock()
					defer mu.Unlock()
					total++
					if same(before, after) {
						mutant := typ + " " + index.ReplaceAllString(property, "[]") + " " + kind + " in " + name
						silent[mutant] = append(silent[mutant], where)
					}
				})
				f.write(t, file)
			}
		})
	}
}

// judgeMutants compares the mutants that nobody notices with the table of reasons.
func judgeMutants(t *testing.T, total int, silent map[string][]string) {
	t.Helper()
	if !racing && total < 8000 {
		t.Errorf("%d mutants, too few to be those of every fixture", total)
	}
	reasons := map[string]int{}
	noticed := total
	for _, mutant := range slices.Sorted(maps.Keys(silent)) {
		noticed -= len(silent[mutant])
		i := slices.IndexFunc(unnoticed, func(u unnoticedMutants) bool { return u.which.MatchString(mutant) })
		if i < 0 {
			t.Errorf("nobody notices: %s: give a rule, or a reason\n\t%s", mutant, strings.Join(silent[mutant], "\n\t"))
			continue
		}
		reasons[unnoticed[i].which.String()] += len(silent[mutant])
	}
	for _, u := range unnoticed {
		n := reasons[u.which.String()]
		if n == 0 && !racing {
			t.Errorf("no mutant is excused by %s any more", u.which)
		}
		t.Logf("%4d unnoticed: %s", n, u.why)
	}
	t.Logf("%d mutants, %d noticed", total, noticed)
}

var index = regexp.MustCompile(`\[\d+\]`)

// unnoticedMutants are mutants that neither check nor run notices, and why.
type unnoticedMutants struct {
	which *regexp.Regexp // matches "Type Property.Path[] kind in fixture"
	why   string
}

func unnoticedAre(which, why string) unnoticedMutants {
	return unnoticedMutants{regexp.MustCompile("^(" + which + ")( in [a-z0-9/-]+)?$"), why}
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
	findings, _ := f.read(t)
	return findings
}

// read returns what check and run find, what run answers 501 for among it; and the report of
// check.
func (f *mutable) read(t *testing.T) ([]template.Finding, func() *check.Report) {
	t.Helper()
	a, err := assembly.Load(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	m := aws.Read(a, aws.Options{})
	return slices.Concat(m.Findings, m.Refusals(), m.Unserved()), func() *check.Report { return check.ReportOf(a, m, check.Options{}) }
}

func refused(findings []template.Finding) bool {
	return slices.ContainsFunc(findings, func(f template.Finding) bool { return f.Kind == template.Refused })
}

// requiredProperties are those of CloudFormation's own schema, as "Type Property.Path[]".
func requiredProperties(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/required.txt")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		required[strings.TrimSpace(line)] = true
	}
	if len(required) < 50 {
		t.Fatalf("%d required properties, too few", len(required))
	}
	return required
}

// wantToldOfRefusals compares what run refuses in AWS's name with what check finds: by the same
// rule, at the same place, in the same words.
func wantToldOfRefusals(t *testing.T, where string, findings []template.Finding, report func() *check.Report) {
	t.Helper()
	if !refused(findings) {
		return
	}
	told := report()
	found := append(told.Findings, told.Suppressed...)
	for i := range findings {
		want := &findings[i]
		if want.Kind == template.Refused && !slices.ContainsFunc(found, func(got check.Finding) bool {
			return got.Rule == want.Rule && got.LogicalID == want.Resource.LogicalID && got.Property == want.Property && got.Message == want.Message
		}) {
			t.Errorf("%s: run refuses it in AWS's name (%s), and check does not find it", where, want.String())
		}
	}
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

// unnoticed is the table of mutants that nobody notices, with why no rule could: what is a
// choice, what is the default, and what only something outside of the template would tell. One
// that holds for a fixture alone names it.
var unnoticed = []unnoticedMutants{
	unnoticedAre(`.* Tags.*`, "tags are for people and bills"),
	unnoticedAre(`.*\.(Comment|Name) (deleted|garbled|widened)|AWS::Lambda::Function Description .*`, "a name or a remark, of which AWS accepts any"),

	// Buckets and their policies.
	unnoticedAre(`AWS::S3::Bucket PublicAccessBlockConfiguration deleted`, "the default of Amazon S3 since April 2023, which is as safe"),
	unnoticedAre(`AWS::S3::BucketPolicy PolicyDocument\.Version deleted`, "the older version of the language, in which these statements mean the same"),
	unnoticedAre(`AWS::S3::BucketPolicy PolicyDocument\.Statement\[\](\.(Action widened|Principal set to \*|Resource\[\] widened))? in (uploads|registered)-.*`,
		"the Deny of plain HTTP, for more actions or resources, or for the same principals"),
	unnoticedAre(`AWS::S3::BucketPolicy PolicyDocument\.Statement\[\]( deleted|\.(Action|Principal|Resource).*) in apps/(spa|origin-group|identity|rendering)`,
		"the Deny of plain HTTP, in a bucket that CloudFront alone reads: bucket-plain-http is about presigned URLs; or more of the bucket for one distribution"),

	// Lambda.
	unnoticedAre(`AWS::Lambda::Function (Architectures|MemorySize|Timeout)(\[\])? (deleted|emptied)`, "the default: whether that much time and memory is enough shows when it runs"),
	unnoticedAre(`AWS::Lambda::Function Architectures\[\] set to x86_64 in apps/rendering`, "the default, which runs code of Node.js as well"),
	unnoticedAre(`AWS::Lambda::Function Handler widened in (foreign/.*|options-us-east-1|apps/adapter)`, "the handler of a runtime, or a wrapper, that does not look at it"),
	unnoticedAre(`AWS::Lambda::Function Runtime set to (java21|python3\.13)`, "the code is not here, or inline: which language it is in only its start would tell"),
	unnoticedAre(`AWS::Lambda::Function Code\.(S3Bucket (garbled|widened)|ZipFile (garbled|widened))`, "a bucket or code whose form is right"),
	unnoticedAre(`AWS::Lambda::Function Environment.*`, "the application's own variables"),
	unnoticedAre(`AWS::Lambda::Url Cors (deleted|emptied)|AWS::Lambda::Url Cors\.(AllowHeaders|AllowMethods|AllowOrigins)(\[\])? (deleted|emptied|widened)`,
		"which pages may call, by what methods and with what headers, is a choice: cors-any-origin finds every page with cookies, cors-unfit what lets none in"),
	unnoticedAre(`AWS::Lambda::Url InvokeMode deleted in (apps/(python|rendering)|routes-.*)`, "BUFFERED, which it is, is the default"),
	unnoticedAre(`AWS::Lambda::Url InvokeMode (deleted|set to BUFFERED) in (apps/(container|callers|unstaged)|foreign/.*)`, "how an image, or code that is not here, answers only it would tell"),
	unnoticedAre(`AWS::Lambda::Url Qualifier deleted`, "the permissions name the function by its URL, and follow it"),

	// What is cached and forwarded.
	unnoticedAre(`AWS::CloudFront::CachePolicy .*TTL set to 1e\+06`, "a longer time, which AWS accepts"),
	unnoticedAre(`AWS::CloudFront::CachePolicy .*EnableAcceptEncoding(Brotli|Gzip) (deleted|flipped)`, "one copy for each encoding, or one for all"),
	unnoticedAre(`AWS::CloudFront::CachePolicy .*(CookieBehavior set to (all|none)|QueryStringBehavior set to none|Headers\[\] (deleted|widened))`,
		"another cache key, with nothing forwarded beside it, which cache-mixes-users looks at: what the application needs only it knows"),
	unnoticedAre(`.*\.CachePolicyId set to (4135ea2d|658327ea)-.*`, "another policy of AWS, with nothing forwarded beside its key"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.OriginRequestPolicyId .*|.*\.OriginRequestPolicyId (deleted|set to acba.*)`,
		"less is forwarded: authorization-lost finds it where a signer needs Authorization; what else the application needs only it knows"),
	unnoticedAre(`.*\.Compress (deleted|flipped)`, "smaller answers or not: stream-compressed is about what an application compresses"),
	unnoticedAre(`.*\.CachedMethods(\[\])? deleted`, "the default, which caches no answer to OPTIONS"),
	unnoticedAre(`.*\.ResponseHeadersPolicyId deleted`, "the application may send these headers itself"),
	unnoticedAre(`AWS::CloudFront::ResponseHeadersPolicy .*SecurityHeadersConfig( (deleted|emptied)|\.\w+ deleted|\.\w+\.Override flipped|\.\w+\.AccessControlMaxAgeSec set to (0|1e\+06)|\.StrictTransportSecurity\.IncludeSubdomains (deleted|flipped))`,
		"which headers browsers get beside the application's own, and for how long they keep to HTTPS, is a choice"),
	unnoticedAre(`AWS::CloudFront::ResponseHeadersPolicy .*(CorsConfig( deleted|\.OriginOverride flipped|\.AccessControlAllow(Headers|Methods|Origins)\.Items\[\] (deleted|widened)|\.AccessControlAllowCredentials flipped)|RemoveHeadersConfig( deleted|\.Items (emptied)|\.Items\[\] deleted|\.Items\[\]\.Header widened))`,
		"which pages may call, with cookies or with none, and which headers they do not see, is a choice: every page with cookies is refused"),

	// Behaviors.
	unnoticedAre(`.*\.CacheBehaviors(\[\])? (deleted|emptied)`, "a route less: its paths go to another behavior, which is a choice"),
	unnoticedAre(`.*\.AllowedMethods(\[\])? deleted`, "fewer methods, which is a choice"),
	unnoticedAre(`.*\.ViewerProtocolPolicy set to (https-only|redirect-to-https)`, "as safe"),
	unnoticedAre(`.*\.FunctionAssociations(\[\])? (deleted|emptied)`, "viewer-forwarded-host finds it where another route or the function's code tells that x-forwarded-host is believed; nothing does here"),
	unnoticedAre(`.*\.FunctionAssociations\[\]\.EventType set to viewer-response`, "its code has the word response, so that it may return one; viewer-forwarded-host as above"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.LambdaFunctionAssociations\[\] deleted in routes-.*`, "the function that names the challenge of a 401 anew: without it clients see the application's own"),
	unnoticedAre(`.*\.CacheBehaviors\[\]\.LambdaFunctionAssociations\[\]\.IncludeBody (deleted|flipped) in authorizer-.*`, "an authorizer that hashes nothing, on a route without methods to hash for"),

	// Origins.
	unnoticedAre(`.*\.CustomOriginConfig\.Origin(KeepaliveTimeout|ReadTimeout) deleted`, "the default; read-timeout-short finds it where the function may take longer"),
	unnoticedAre(`.*\.CustomOriginConfig\.OriginSSLProtocols(\[\])? (deleted|emptied)`, "the default: whatever it lets CloudFront speak, AWS's own addresses speak TLS 1.2 and later alone"),
	unnoticedAre(`.*\.CustomOriginConfig\.Origin(ProtocolPolicy set to (http-only|match-viewer)|SSLProtocols\[\] set to TLSv1) in apps/several`,
		"of an API of somebody else, which no function stands behind: what it speaks only it knows"),
	unnoticedAre(`.*\.OriginCustomHeaders\[\](\.HeaderName widened| deleted) in authorizer-.*`, "the scopes of an authorizer: which rights a route asks for is a choice"),
	unnoticedAre(`.*\.OriginCustomHeaders\[\]\.HeaderValue (garbled|widened) in authorizer-.*`, "another audience, or other scopes, in the configuration of an authorizer, whose tokens nobody has then"),
	unnoticedAre(`.*\.OriginPath deleted in apps/rendering`, "which folder of the bucket has the files"),
	unnoticedAre(`.*\.Origins\[\]\.S3OriginConfig (emptied|deleted)|.*\.S3OriginConfig\.OriginAccessIdentity deleted`, "no access identity beside the origin access control, which CDK writes as an empty one"),
	unnoticedAre(`AWS::Lambda::Permission (Action (set to lambda:\*|widened)|Source(Account|Arn) deleted) in registered-.*`, "no rule yet: what Amazon S3 may do, for which bucket and account; each of the last two bounds it alone"),
	unnoticedAre(`.*\.OriginAccessControlId deleted in (uploads|registered)-eu-west-1`, "the signer's code is not in this fixture, which is reported: it may sign in place of an origin access control"),
	unnoticedAre(`AWS::CloudFront::OriginAccessControl .*SigningBehavior set to no-override in apps/(spa|origin-group|rendering)`, "of a bucket, whose behaviors forward no Authorization that could be left alone"),

	// Distributions.
	unnoticedAre(`.*\.CustomErrorResponses\[\]\.ErrorCachingMinTTL .*`, "how long errors are kept is a choice"),
	unnoticedAre(`.*\.DefaultRootObject (deleted|widened)`, "which object the path / stands for is a choice"),
	unnoticedAre(`.*DistributionConfig\.(Aliases|ViewerCertificate|WebACLId) deleted in apps/conditions`, "what its default stage does not have"),
	unnoticedAre(`.*DistributionConfig\.Aliases(\[\])? (deleted|emptied) in apps/(spa|cross-region-names)`, "its names are in the DNS of somebody else: domain-unknown looks at records of the app"),
	unnoticedAre(`.*DistributionConfig\.(HttpVersion|IPV6Enabled|PriceClass) .*`, "protocols and places, which are a choice"),
	unnoticedAre(`.*DistributionConfig\.Logging( (deleted|emptied)|\.Bucket deleted|\.Prefix .*)`, "whether requests are logged is a choice"),
	unnoticedAre(`.*DistributionConfig\.Restrictions( deleted|\.GeoRestriction\.Locations\[\] deleted)`, "which countries are let in is a choice"),
	unnoticedAre(`.*DistributionConfig\.ViewerCertificate\.MinimumProtocolVersion set to TLSv1\.2_2021`, "as safe"),
}
