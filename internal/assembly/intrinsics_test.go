package assembly_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// decode reads JSON as a template is read, numbers as they are written.
func decode(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

const template = `{
	"Parameters": {
		"Stage": {"Type": "String", "Default": "prod"},
		"Count": {"Type": "Number", "Default": 3},
		"Zones": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
		"Subnets": {"Type": "List<AWS::EC2::Subnet::Id>", "Default": "subnet-1,subnet-2"},
		"Secret": {"Type": "String"},
		"Bootstrap": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/version"}
	},
	"Mappings": {"Sizes": {"eu-west-1": {"small": "s1", "list": ["x", "y"]}}},
	"Conditions": {
		"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
		"IsTest": {"Fn::Equals": [{"Ref": "Stage"}, "test"]},
		"Number": {"Fn::Equals": [{"Ref": "Count"}, "3"]},
		"Flag": {"Fn::Equals": [true, "true"]},
		"Lists": {"Fn::Equals": [["a", "b"], ["a", "b"]]},
		"ListAndText": {"Fn::Equals": [["a"], "a"]},
		"Not": {"Fn::Not": [{"Condition": "IsProd"}]},
		"And": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Not": [{"Condition": "IsTest"}]}]},
		"AndNot": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsTest"}]},
		"Texts": {"Fn::And": [{"Fn::Not": ["false"]}, "true"]},
		"Or": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "IsProd"}]},
		"OrNot": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "IsTest"}]},
		"Round": {"Fn::Not": [{"Condition": "Trip"}]},
		"Trip": {"Fn::Not": [{"Condition": "Round"}]},
		"Vague": {"Fn::And": [{"Ref": "Stage"}, "true"]}
	},
	"Resources": {
		"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "chat"}},
		"Dist": {"Type": "AWS::CloudFront::Distribution", "Properties": {}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
		"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Name": {"Ref": "AWS::NoValue"}}},
		"Hen": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Fn::Sub": "${Egg}-${Egg}"}}},
		"Egg": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Fn::Sub": "${Hen}-${Hen}"}}},
		"Self": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Fn::GetAtt": ["Self", "Arn"]}}}
	},
	"Outputs": {
		"Loop": {"Value": {"Fn::ImportValue": "loop"}, "Export": {"Name": "loop"}}
	}
}`

const exporter = `{
	"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
	"Resources": {"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "exported"}}},
	"Outputs": {
		"AOdd": {"Value": "x", "Export": {"Name": {"Ref": "NobodyKnows"}}},
		"Arn": {"Value": {"Fn::GetAtt": ["Fn", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:Arn"}}},
		"Plain": {"Value": "not exported"},
		"Gone": {"Condition": "Never", "Value": "x", "Export": {"Name": "gone"}}
	}
}`

func stacks() map[string]stack {
	return map[string]stack{
		"Site":  {env: "aws://222233334444/eu-west-1", template: template},
		"Other": {env: "aws://222233334444/eu-west-1", template: exporter},
		// Exports are of one region of one account; these two come first by name.
		"Far":     {env: "aws://222233334444/us-east-1", template: `{"Outputs": {"A": {"Value": "wrong region", "Export": {"Name": "Other:Arn"}}}}`},
		"Foreign": {env: "aws://111122223333/eu-west-1", template: `{"Outputs": {"A": {"Value": "wrong account", "Export": {"Name": "Other:Arn"}}}}`},
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	a := load(t, stacks())
	site := a.Stacks[len(a.Stacks)-1]
	queue := attribute(t, one(t, a, "Site/Queue"), "")
	dist := attribute(t, one(t, a, "Site/Dist"), "")
	for name, test := range map[string]struct{ value, want string }{
		"account":           {`{"Ref": "AWS::AccountId"}`, `"222233334444"`},
		"region":            {`{"Ref": "AWS::Region"}`, `"eu-west-1"`},
		"partition":         {`{"Ref": "AWS::Partition"}`, `"aws"`},
		"URL suffix":        {`{"Ref": "AWS::URLSuffix"}`, `"amazonaws.com"`},
		"stack name":        {`{"Ref": "AWS::StackName"}`, `"Site"`},
		"stack id":          {`{"Ref": "AWS::StackId"}`, `"arn:aws:cloudformation:eu-west-1:222233334444:stack/Site/local"`},
		"no value at all":   {`{"Ref": "AWS::NoValue"}`, `null`},
		"no value in a map": {`{"a": {"Ref": "AWS::NoValue"}, "b": 1}`, `{"b": 1}`},
		"no value in a list": {
			`["a", {"Ref": "AWS::NoValue"}, {"Fn::If": ["IsTest", "b", {"Ref": "AWS::NoValue"}]}, "c"]`, `["a", "c"]`,
		},
		"parameter":               {`{"Ref": "Stage"}`, `"prod"`},
		"parameter, number":       {`{"Ref": "Count"}`, `3`},
		"parameter, list":         {`{"Ref": "Zones"}`, `["a", " b", "c"]`},
		"parameter, list of type": {`{"Fn::Select": [1, {"Ref": "Subnets"}]}`, `"subnet-2"`},
		"Ref of a function":       {`{"Ref": "Fn"}`, `"chat"`},
		"Ref of anything":         {`{"Ref": "Queue"}`, `"` + queue + `"`},
		"GetAtt, list":            {`{"Fn::GetAtt": ["Fn", "Arn"]}`, `"arn:aws:lambda:eu-west-1:222233334444:function:chat"`},
		"GetAtt, text":            {`{"Fn::GetAtt": "Fn.Arn"}`, `"arn:aws:lambda:eu-west-1:222233334444:function:chat"`},
		"Sub":                     {`{"Fn::Sub": "${Stage}-${AWS::Region}-${Fn}-${Fn.Arn}"}`, `"prod-eu-west-1-chat-arn:aws:lambda:eu-west-1:222233334444:function:chat"`},
		"Sub, literal":            {`{"Fn::Sub": "${!Stage} $Stage {x} ${!a.b}"}`, `"${Stage} $Stage {x} ${a.b}"`},
		"Sub, variables":          {`{"Fn::Sub": ["${Stage}/${Mine}", {"Stage": "own", "Mine": {"Ref": "Fn"}}]}`, `"own/chat"`},
		"Sub, a number":           {`{"Fn::Sub": ["${N}", {"N": 111122223333}]}`, `"111122223333"`},
		"Join":                    {`{"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1, true]]}`, `"a-prod-1-true"`},
		"Join, a large number":    {`{"Fn::Join": ["", ["", 111122223333]]}`, `"111122223333"`},
		"Join, a list":            {`{"Fn::Join": [",", {"Fn::Split": ["|", "a|b"]}]}`, `"a,b"`},
		"Join, no value":          {`{"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, "b"]]}`, `"a-b"`},
		"Split":                   {`{"Fn::Split": ["/", "https://x/"]}`, `["https:", "", "x", ""]`},
		"Select":                  {`{"Fn::Select": ["1", ["a", "b"]]}`, `"b"`},
		"Select of a URL":         {`{"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::Sub": "https://${Dist}/"}]}]}`, `"` + dist + `"`},
		"Base64":                  {`{"Fn::Base64": {"Fn::Sub": "${Stage}"}}`, `"cHJvZA=="`},
		"GetAZs":                  {`{"Fn::Select": [1, {"Fn::GetAZs": ""}]}`, `"eu-west-1b"`},
		"GetAZs of a region":      {`{"Fn::GetAZs": {"Ref": "AWS::Region"}}`, `["eu-west-1a", "eu-west-1b", "eu-west-1c"]`},
		"Cidr":                    {`{"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}`, `["10.0.0.0/24", "10.0.1.0/24"]`},
		"Cidr of version 6":       {`{"Fn::Cidr": ["2001:db8::/56", 2, 64]}`, `["2001:db8::/64", "2001:db8:0:1::/64"]`},
		"Cidr without bits":       {`{"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", 2]}]}`, `"10.0.1.0/24"`},
		"FindInMap":               {`{"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "small"]}`, `"s1"`},
		"FindInMap, list":         {`{"Fn::FindInMap": ["Sizes", "eu-west-1", "list"]}`, `["x", "y"]`},
		"If, true":                {`{"Fn::If": ["IsProd", "yes", {"Ref": "NobodyKnows"}]}`, `"yes"`},
		"If, false":               {`{"Fn::If": ["IsTest", {"Ref": "NobodyKnows"}, {"a": {"Ref": "Stage"}}]}`, `{"a": "prod"}`},
		"If, number and text":     {`{"Fn::If": ["Number", 1, 2]}`, `1`},
		"If, boolean and text":    {`{"Fn::If": ["Flag", 1, 2]}`, `1`},
		"If, lists":               {`{"Fn::If": ["Lists", 1, 2]}`, `1`},
		"If, list and text":       {`{"Fn::If": ["ListAndText", 1, 2]}`, `2`},
		"If, Not":                 {`{"Fn::If": ["Not", 1, 2]}`, `2`},
		"If, And":                 {`{"Fn::If": ["And", 1, 2]}`, `1`},
		"If, And is false":        {`{"Fn::If": ["AndNot", 1, 2]}`, `2`},
		"If, texts":               {`{"Fn::If": ["Texts", 1, 2]}`, `1`},
		"If, Or":                  {`{"Fn::If": ["Or", 1, 2]}`, `1`},
		"If, Or is false":         {`{"Fn::If": ["OrNot", 1, 2]}`, `2`},
		"If in If":                {`{"Fn::If": ["IsProd", {"Fn::If": ["IsTest", 1, 2]}, 3]}`, `2`},
		"Condition":               {`{"Condition": "IsProd"}`, `true`},
		"ImportValue":             {`{"Fn::ImportValue": "Other:Arn"}`, `"arn:aws:lambda:eu-west-1:222233334444:function:exported"`},
		"ImportValue, Sub":        {`{"Fn::ImportValue": {"Fn::Sub": "Other:${Name}"}}`, ``},
		"nested": {
			`{"Fn::Join": ["", ["https://", {"Fn::Select": [0, {"Fn::Split": [".", {"Fn::Join": [".", [{"Ref": "Stage"}, "x"]]}]}]}, "/"]]}`,
			`"https://prod/"`,
		},
		// Data that looks like a function but is none.
		"Ref beside another key":  {`{"Ref": "Stage", "x": 1}`, `{"Ref": "Stage", "x": 1}`},
		"Condition of a policy":   {`{"Condition": {"Bool": {"aws:SecureTransport": false}}}`, `{"Condition": {"Bool": {"aws:SecureTransport": false}}}`},
		"key that begins with Fn": {`{"FnX": 1}`, `{"FnX": 1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := site.Resolve(decode(t, test.value))
			if test.want == "" { // its variable is not known: an error
				if err == nil {
					t.Errorf("Resolve(%s) = %v, want an error", test.value, got)
				}
				return
			}
			if want := decode(t, test.want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Resolve(%s) = %v, %v, want %v", test.value, got, err, want)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	t.Parallel()
	a := load(t, stacks())
	site := a.Stacks[len(a.Stacks)-1]
	for name, test := range map[string]struct{ value, want string }{
		"unknown function":           {`{"Fn::Length": [1]}`, `Fn::Length: this intrinsic function is not supported`},
		"unknown function, nested":   {`{"a": [0, {"Fn::Length": [1]}]}`, `a: [1]: Fn::Length: this intrinsic function is not supported`},
		"too many blocks":            {`{"Fn::Cidr": ["10.0.0.0/24", 3, 7]}`, `Fn::Cidr: 10.0.0.0/24 has no 3 blocks with 7 bits each`},
		"blocks as large as all":     {`{"Fn::Cidr": ["10.0.0.0/24", 1, 9]}`, `Fn::Cidr: want bits for the hosts of a block inside of 10.0.0.0/24, got "9"`},
		"blocks of nothing":          {`{"Fn::Cidr": ["10.0.0.0", 1, 8]}`, `Fn::Cidr: want a block such as 10.0.0.0/16, got "10.0.0.0"`},
		"no blocks":                  {`{"Fn::Cidr": ["10.0.0.0/16", 0, 8]}`, `Fn::Cidr: want 1 to 256 blocks, got "0"`},
		"blocks without a count":     {`{"Fn::Cidr": ["10.0.0.0/16"]}`, `Fn::Cidr: want [block, count, bits], got [10.0.0.0/16]`},
		"function beside a key":      {`{"Fn::Transform": {"Name": "AWS::Include"}, "x": 1}`, `Fn::Transform: an intrinsic function stands alone in its object`},
		"missing resource":           {`{"Ref": "Nobody"}`, `Ref: template has no resource or parameter "Nobody"`},
		"missing resource, GetAtt":   {`{"Fn::GetAtt": ["Nobody", "Arn"]}`, `Fn::GetAtt: template has no resource "Nobody"`},
		"missing resource, Sub":      {`{"Fn::Sub": "x ${Nobody.Arn}"}`, `Fn::Sub: Fn::GetAtt: template has no resource "Nobody"`},
		"attribute that is not made": {`{"Fn::GetAtt": ["Queue", "Arn"]}`, `Fn::GetAtt: Site/Queue (AWS::SQS::Queue): the value of attribute Arn is not known before deployment`},
		"GetAtt of a list of three":  {`{"Fn::GetAtt": ["Fn", "A", "B"]}`, `Fn::GetAtt: want [logical id, attribute], got [Fn A B]`},
		"GetAtt of an object":        {`{"Fn::GetAtt": {"a": 1}}`, `Fn::GetAtt: template has no resource ""`},
		"parameter without default":  {`{"Ref": "Secret"}`, `Ref: parameter Secret (String) has no value here`},
		"parameter from SSM":         {`{"Ref": "Bootstrap"}`, `Ref: parameter Bootstrap (AWS::SSM::Parameter::Value<String>) has no value here`},
		"missing condition":          {`{"Fn::If": ["Nobody", 1, 2]}`, `Fn::If: template has no condition "Nobody"`},
		"condition in a circle":      {`{"Fn::If": ["Round", 1, 2]}`, `conditions refer to each other in a circle: condition Round -> condition Trip -> condition Round`},
		"condition of text":          {`{"Fn::If": ["Vague", 1, 2]}`, `want true or false, got prod`},
		"If of two":                  {`{"Fn::If": ["IsProd", 1]}`, `Fn::If: want a list of 3, got [IsProd 1]`},
		"resource in a circle":       {`{"Ref": "Self"}`, `references go in a circle: Site/Self.Arn -> Site/Self.Arn`},
		// Resolved at every turn, this one would take 2^64 turns.
		"resources in a wide circle": {`{"Ref": "Hen"}`, `references go in a circle: Site/Hen -> Site/Egg -> Site/Hen`},
		"export in a circle":         {`{"Fn::ImportValue": "loop"}`, `references go in a circle: export loop -> export loop`},
		"missing export":             {`{"Fn::ImportValue": "nobody"}`, `no stack of the assembly exports "nobody"`},
		"export that is not made":    {`{"Fn::ImportValue": "gone"}`, `no stack of the assembly exports "gone"`},
		"output without export":      {`{"Fn::ImportValue": "Plain"}`, `no stack of the assembly exports "Plain"`},
		"missing mapping":            {`{"Fn::FindInMap": ["Sizes", "eu-west-1", "large"]}`, `Fn::FindInMap: no mapping [Sizes eu-west-1 large]`},
		"Join of an object":          {`{"Fn::Join": ["", ["a", {"b": 1}]]}`, `Fn::Join: want text, got map[b:1]`},
		"Join of text":               {`{"Fn::Join": ["", "a"]}`, `Fn::Join: want a list, got a`},
		"Split of a list":            {`{"Fn::Split": [",", ["a,b"]]}`, `Fn::Split: want text, got [a,b]`},
		"Select beyond the end":      {`{"Fn::Select": [2, ["a", "b"]]}`, `Fn::Select: index 2 is not in the list [a b]`},
		"Select before the start":    {`{"Fn::Select": [-1, ["a", "b"]]}`, `Fn::Select: index -1 is not in the list [a b]`},
		"Select of text":             {`{"Fn::Select": [0, "ab"]}`, `Fn::Select: index 0 is not in the list ab`},
		"Base64 of a list":           {`{"Fn::Base64": ["a"]}`, `Fn::Base64: want text, got [a]`},
		"Sub of an object":           {`{"Fn::Sub": {"a": 1}}`, `Fn::Sub: want text, or text and variables, got map[a:1]`},
		"Sub with a list":            {`{"Fn::Sub": ["${V}", ["V"]]}`, `Fn::Sub: want text, or text and variables`},
		"Sub, variable of a list":    {`{"Fn::Sub": ["${V}", {"V": ["a"]}]}`, `Fn::Sub: ${V}: want text, got [a]`},
		"Sub, variable of nothing":   {`{"Fn::Sub": ["${V}", {"V": {"Ref": "AWS::NoValue"}}]}`, `Fn::Sub: ${V}: want text, got no value`},
		"And of text":                {`{"Fn::And": "x"}`, `Fn::And: want a list, got x`},
		"Not of two":                 {`{"Fn::Not": [true, false]}`, `Fn::Not: want a list of 1, got [true false]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := site.Resolve(decode(t, test.value))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Resolve(%s) = %v, %v, want an error with %q", test.value, got, err, test.want)
			}
		})
	}
}

// Every resource refers to all the others: there are more ways around than atoms.
func TestManyCircles(t *testing.T) {
	t.Parallel()
	all := []string{}
	for i := range 30 {
		all = append(all, fmt.Sprintf("${R%d}", i))
	}
	resources := object{}
	for i := range 30 {
		resources[fmt.Sprintf("R%d", i)] = object{
			"Type": "AWS::Lambda::Function", "Properties": object{"FunctionName": object{"Fn::Sub": strings.Join(slices.Delete(slices.Clone(all), i, i+1), "-")}},
		}
	}
	text, err := json.Marshal(object{"Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	a := load(t, map[string]stack{"S": {template: string(text)}})
	if _, err := a.Stacks[0].Resolve(object{"Ref": "R0"}); err == nil || !strings.Contains(err.Error(), "references go in a circle: S/R0 -> S/R1 -> S/R0") {
		t.Errorf("Ref into circles: %v, want an error that shows one", err)
	}
}

func TestUnwrapLeavesTheInside(t *testing.T) {
	t.Parallel()
	a := load(t, stacks())
	site := a.Stacks[len(a.Stacks)-1]
	for name, test := range map[string]struct{ value, want string }{
		"plain object":    {`{"a": {"Ref": "NobodyKnows"}}`, `{"a": {"Ref": "NobodyKnows"}}`},
		"plain list":      {`[{"Ref": "NobodyKnows"}]`, `[{"Ref": "NobodyKnows"}]`},
		"scalar":          {`5`, `5`},
		"If":              {`{"Fn::If": ["IsProd", {"a": {"Ref": "NobodyKnows"}}, 1]}`, `{"a": {"Ref": "NobodyKnows"}}`},
		"If in If":        {`{"Fn::If": ["IsProd", {"Fn::If": ["IsTest", 1, [{"Ref": "Stage"}]]}, 1]}`, `[{"Ref": "Stage"}]`},
		"If to no value":  {`{"Fn::If": ["IsTest", 1, {"Ref": "AWS::NoValue"}]}`, `null`},
		"no value":        {`{"Ref": "AWS::NoValue"}`, `null`},
		"other functions": {`{"Fn::Split": [",", {"Fn::Sub": "${Stage},x"}]}`, `["prod", "x"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := site.Unwrap(decode(t, test.value))
			if want := decode(t, test.want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Unwrap(%s) = %v, %v, want %v", test.value, got, err, want)
			}
		})
	}
	if _, err := site.Unwrap(decode(t, `{"Fn::If": ["Nobody", 1, 2]}`)); err == nil || !strings.Contains(err.Error(), `Fn::If: template has no condition "Nobody"`) {
		t.Errorf("Unwrap with an unknown condition: %v, want an error that names it", err)
	}
}

// Property: what has no intrinsic function in it resolves to itself.
func TestResolvingPlainDataIsTheIdentity(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"S": {template: `{}`}})
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		value := plain(random, 4)
		want := fmt.Sprintf("%#v", value)
		got, err := a.Stacks[0].Resolve(value)
		if err != nil || !reflect.DeepEqual(got, value) {
			t.Fatalf("Resolve(%s) = %#v, %v, want the same", want, got, err)
		}
		if unwrapped, err := a.Stacks[0].Unwrap(value); err != nil || !reflect.DeepEqual(unwrapped, value) {
			t.Fatalf("Unwrap(%s) = %#v, %v, want the same", want, unwrapped, err)
		}
	}
}

func plain(random *rand.Rand, depth int) any {
	words := []string{"", "a", "Ref", "${AWS::Region}", "Fn::Sub", "{{resolve:ssm:x}}", "ü", "Condition", "Key"}
	word := func() string { return words[random.IntN(len(words))] }
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch random.IntN(kinds) {
	case 0:
		return word()
	case 1:
		return json.Number(fmt.Sprint(random.Int64()))
	case 2:
		return random.IntN(2) == 0
	case 3:
		return nil
	case 4:
		list := []any{}
		for range random.IntN(4) {
			list = append(list, plain(random, depth-1))
		}
		return list
	default:
		m := object{"always": plain(random, depth-1)}
		for range random.IntN(4) {
			if key := word(); !strings.HasPrefix(key, "Fn::") {
				m[key] = plain(random, depth-1)
			}
		}
		return m
	}
}

// What is made of two of the same, each of which is, is resolved once: otherwise these would take
// longer than anybody lives.
func TestWhatIsReferredToTwiceIsResolvedOnce(t *testing.T) {
	t.Parallel()
	conditions, resources := object{"C0": object{"Fn::Equals": []any{1, 1}}}, object{"R0": object{"Type": "T", "Properties": object{"Name": "end"}}}
	for i := 1; i < 100; i++ {
		before, ref := object{"Condition": fmt.Sprintf("C%d", i-1)}, object{"Ref": fmt.Sprintf("R%d", i-1)}
		conditions[fmt.Sprintf("C%d", i)] = object{"Fn::And": []any{before, before}}
		resources[fmt.Sprintf("R%d", i)] = object{"Type": "T", "Properties": object{"Name": object{"Fn::Select": []any{0, []any{ref, ref}}}}}
	}
	resources["Last"] = object{"Type": "T", "Condition": "C99", "Properties": object{"X": object{"Fn::If": []any{"C99", object{"Ref": "R99"}, "none"}}}}
	text, err := json.Marshal(object{"Conditions": conditions, "Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	s := load(t, map[string]stack{"S": {template: string(text)}}).Stacks[0]
	last := s.Resources["Last"]
	if exists, err := last.Exists(); err != nil || !exists {
		t.Errorf("Exists = %t, %v, want true", exists, err)
	}
	if got, err := s.Resolve(last.RawProperties()["X"]); err != nil || got != "end" {
		t.Errorf("Resolve = %v, %v, want the name at the end", got, err)
	}
	if got, _, err := s.ResolveMadeUp(last.RawProperties()["X"]); err != nil || got != "end" {
		t.Errorf("ResolveMadeUp = %v, %v, want the name at the end", got, err)
	}
	if got := s.Dependencies(); len(got) != 2*99+1 {
		t.Errorf("%d dependencies, want two of each but the first, and one", len(got))
	}
}
