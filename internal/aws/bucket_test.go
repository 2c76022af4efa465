package aws_test

import (
	"strings"
	"testing"
)

// withBucket adds what NewUploads makes: a bucket, the function's right to it, and its name
// in the function's environment.
func withBucket() *fixture {
	f := newFixture()
	f.site["Role"] = object{"Type": "AWS::IAM::Role", "Properties": object{
		"AssumeRolePolicyDocument": object{"Statement": list{
			object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": list{"lambda.amazonaws.com", "edgelambda.amazonaws.com"}}},
		}}, "ManagedPolicyArns": list{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
	}}
	f.site["Bucket"] = object{"Type": "AWS::S3::Bucket", "Properties": object{
		"BucketNamePrefix": "site-uploads", "BucketNamespace": "account-regional",
		"BucketEncryption":               object{"ServerSideEncryptionConfiguration": list{object{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}}}},
		"PublicAccessBlockConfiguration": object{"BlockPublicAcls": true},
		"LifecycleConfiguration":         object{"Rules": list{}},
		"CorsConfiguration": object{"CorsRules": list{object{
			"AllowedHeaders": list{"content-type"}, "AllowedMethods": list{"PUT"}, "MaxAge": 3600,
			"AllowedOrigins": list{object{"Fn::Sub": "https://${Dist.DomainName}"}},
		}}},
	}}
	f.site["BucketPolicy"] = object{"Type": "AWS::S3::BucketPolicy", "Properties": object{
		"Bucket": ref("Bucket"), "PolicyDocument": object{"Statement": list{object{
			"Effect": "Deny", "Action": "s3:*", "Principal": object{"AWS": "*"}, "Resource": "*", "Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
		}}},
	}}
	f.site["Policy"] = object{"Type": "AWS::IAM::Policy", "Properties": object{
		"PolicyName": "p", "Roles": list{ref("Role")}, "PolicyDocument": object{"Statement": list{object{
			"Effect": "Allow", "Action": list{"s3:GetObject", "s3:PutObject"},
			"Resource": object{"Fn::Join": list{"", list{getAtt("Bucket", "Arn"), "/uploads/*"}}},
		}}},
	}}
	// Not a reference: the bucket refers to the distribution, which refers to the function.
	f.variables()["UPLOADS_BUCKET"] = object{"Fn::Sub": "site-uploads-${AWS::AccountId}-${AWS::Region}-an"}
	return f
}

func (f *fixture) variables() object {
	return f.properties("Fn")["Environment"].(object)["Variables"].(object)
}

func (f *fixture) statement() object {
	return f.properties("Policy")["PolicyDocument"].(object)["Statement"].(list)[0].(object)
}

func (f *fixture) cors() object {
	return f.properties("Bucket")["CorsConfiguration"].(object)["CorsRules"].(list)[0].(object)
}

const bucketName = "site-uploads-111122223333-us-east-1-an"

func TestBuckets(t *testing.T) {
	t.Parallel()
	r, err := withBucket().read(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Buckets) != 1 {
		t.Fatalf("%d buckets, want 1", len(r.Buckets))
	}
	b := r.Buckets[0]
	if b.Name != "Site/Bucket" || b.BucketName != bucketName || b.Region != "us-east-1" || b.ARN("a/b") != "arn:aws:s3:::"+bucketName+"/a/b" || b.ARN("") != "arn:aws:s3:::"+bucketName {
		t.Errorf("bucket = %+v, %s", b, b.ARN("a/b"))
	}
	if len(b.CORS) != 1 || b.CORS[0].Origins.Strings()[0] != "https://"+r.Distributions[0].DomainName || b.CORS[0].MaxAge.V != 3600 {
		t.Errorf("CORS = %+v, want the distribution %s", b.CORS, r.Distributions[0].DomainName)
	}
	if got := r.Functions()[0].Values()["UPLOADS_BUCKET"]; got != bucketName {
		t.Errorf("UPLOADS_BUCKET = %q, want %q", got, bucketName)
	}
}

// Which buckets are on the path: those that a function names, or may use.
func TestBucketsThatFunctionsUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*fixture)
		want   int
	}{
		"named and granted": {func(*fixture) {}, 1},
		"named":             {func(f *fixture) { delete(f.site, "Policy") }, 1},
		"granted":           {func(f *fixture) { delete(f.variables(), "UPLOADS_BUCKET") }, 1},
		"neither": {func(f *fixture) {
			delete(f.site, "Policy")
			delete(f.variables(), "UPLOADS_BUCKET")
			f.properties("Bucket")["VersioningConfiguration"] = object{"Status": "Enabled"} // which nobody looks at
		}, 0},
		"granted with all others": {func(f *fixture) {
			f.statement()["Resource"] = "*"
			delete(f.variables(), "UPLOADS_BUCKET")
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withBucket()
			test.change(f)
			r, err := f.read(t)
			if err != nil || len(r.Buckets) != test.want {
				t.Fatalf("%d buckets, %v, want %d", len(r.Buckets), err, test.want)
			}
		})
	}
}

// What the role may do, by whatever policy says it.
func TestRole(t *testing.T) {
	t.Parallel()
	allow := func(change object) object {
		s := object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + bucketName + "/*"}
		for name, value := range change {
			s[name] = value
		}
		return s
	}
	for name, test := range map[string]struct {
		change   func(*fixture)
		get, put bool // of uploads/a
		note     string
	}{
		"granted":            {func(*fixture) {}, true, true, ""},
		"without the policy": {func(f *fixture) { delete(f.site, "Policy") }, false, false, ""},
		"of a role that is not here": {func(f *fixture) {
			f.properties("Fn")["Role"] = "arn:aws:iam::111122223333:role/other"
		}, false, false, "Site/Fn: its role is not in the cloud assembly: it allows nothing here"},
		"of another role": {func(f *fixture) { f.properties("Policy")["Roles"] = list{"other"} }, false, false, ""},
		"to read":         {func(f *fixture) { f.statement()["Action"] = "s3:get*" }, true, false, ""},
		"other keys":      {func(f *fixture) { f.statement()["Resource"] = "arn:aws:s3:::" + bucketName + "/other/*" }, false, false, ""},
		"other service":   {func(f *fixture) { f.statement()["Action"] = "s3-outposts:*" }, false, false, ""},
		"everything":      {func(f *fixture) { f.statement()["Action"], f.statement()["Resource"] = "*", "*" }, true, true, ""},
		"one statement": {func(f *fixture) {
			f.properties("Policy")["PolicyDocument"].(object)["Statement"] = allow(nil)
		}, true, false, ""},
		"denied, too": {func(f *fixture) {
			document := f.properties("Policy")["PolicyDocument"].(object)
			document["Statement"] = append(document["Statement"].(list), allow(object{"Effect": "Deny"}))
		}, false, true, ""},
		"inline": {func(f *fixture) {
			delete(f.site, "Policy")
			f.properties("Role")["Policies"] = list{object{"PolicyName": "p", "PolicyDocument": object{"Statement": list{allow(nil)}}}}
		}, true, false, ""},
		"managed, which names the role": {func(f *fixture) {
			f.site["Policy"].(object)["Type"] = "AWS::IAM::ManagedPolicy"
		}, true, true, ""},
		"managed, which the role names": {func(f *fixture) {
			f.site["Policy"].(object)["Type"] = "AWS::IAM::ManagedPolicy"
			delete(f.properties("Policy"), "Roles")
			f.statement()["Resource"] = "arn:aws:s3:::" + bucketName + "/uploads/*" // by a reference it would be a circle
			f.properties("Role")["ManagedPolicyArns"] = list{ref("Policy")}
		}, true, true, ""},
		"of a resource of its own": {func(f *fixture) {
			f.site["Policy"].(object)["Type"] = "AWS::IAM::RolePolicy"
			delete(f.properties("Policy"), "Roles")
			f.properties("Policy")["RoleName"] = ref("Role")
		}, true, true, ""},
		"denied by a managed policy of a choice": {func(f *fixture) {
			f.site["Managed"] = object{"Type": "AWS::IAM::ManagedPolicy", "Properties": object{
				"PolicyDocument": object{"Statement": list{allow(object{"Effect": "Deny"})}},
			}}
			f.properties("Role")["ManagedPolicyArns"] = list{object{"Fn::Select": list{0, list{ref("Managed")}}}}
		}, false, true, ""},
		"within a boundary": {func(f *fixture) {
			f.properties("Role")["PermissionsBoundary"] = "arn:aws:iam::111122223333:policy/boundary"
		}, false, false, "Site/Role allows nothing here: it has a PermissionsBoundary"},
		"by a variable": {func(f *fixture) {
			f.statement()["Resource"] = "arn:aws:s3:::" + bucketName + "/${aws:PrincipalTag/team}/*"
		}, false, false, "Site/Policy: PolicyDocument.Statement[0] allows nothing here: Resource arn:aws:s3:::" + bucketName + "/${aws:PrincipalTag/team}/* has a variable"},
		"on a condition": {func(f *fixture) {
			f.statement()["Condition"] = object{"Bool": object{"aws:SecureTransport": "true"}}
		}, false, false, "Site/Policy: PolicyDocument.Statement[0] allows nothing here: it has a Condition"},
		"on a prefix of lists, which no object has": {func(f *fixture) {
			f.statement()["Condition"] = object{"StringLike": object{"s3:prefix": "uploads/*"}}
		}, false, false, ""},
		"denied on a prefix of lists": {func(f *fixture) {
			document := f.properties("Policy")["PolicyDocument"].(object)
			document["Statement"] = append(document["Statement"].(list), allow(object{"Effect": "Deny", "Condition": object{"StringEquals": object{"s3:prefix": list{"a", "b"}}}}))
		}, true, true, ""},
		"on a prefix by a variable": {func(f *fixture) {
			f.statement()["Condition"] = object{"StringLike": object{"s3:prefix": "${aws:username}/*"}}
		}, false, false, "Site/Policy: PolicyDocument.Statement[0] allows nothing here: its Condition has a variable"},
		"all but": {func(f *fixture) {
			delete(f.statement(), "Action")
			f.statement()["NotAction"] = "iam:*"
		}, false, false, "Site/Policy: PolicyDocument.Statement[0] allows nothing here: it has NotAction"},
		"of what nobody knows": {func(f *fixture) {
			f.statement()["Resource"] = getAtt("Table", "Arn")
		}, false, false, "Site/Policy: PolicyDocument.Statement[0] allows nothing here: Resource: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withBucket()
			test.change(f)
			r, err := f.read(t)
			if err != nil {
				t.Fatal(err)
			}
			fn := r.Functions()[0]
			object := r.Buckets[0].ARN("uploads/a")
			get, put := fn.Role.Allows("s3:GetObject", object), fn.Role.Allows("s3:PutObject", object)
			if get != test.get || put != test.put {
				t.Errorf("get %v, put %v, want %v, %v", get, put, test.get, test.put)
			}
			if notes := strings.Join(fn.Role.Notes, "\n"); !strings.HasPrefix(notes, test.note) || (notes == "") != (test.note == "") {
				t.Errorf("notes = %q, want %q", notes, test.note)
			}
		})
	}
}

func TestBucketsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*fixture)
		want   string
	}{
		"versions": {
			func(f *fixture) { f.properties("Bucket")["VersioningConfiguration"] = object{"Status": "Enabled"} },
			"Site/Bucket: VersioningConfiguration is set: the local chain models buckets that functions write to without versions",
		},
		"a key of KMS": {
			func(f *fixture) {
				f.properties("Bucket")["BucketEncryption"] = object{"ServerSideEncryptionConfiguration": list{object{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "aws:kms"}}}}
			},
			"Site/Bucket: BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm is aws:kms: the local chain models AES256",
		},
		"a name that is too long": {
			func(f *fixture) { f.properties("Bucket")["BucketNamePrefix"] = strings.Repeat("a", 40) },
			"Site/Bucket: its name would be " + strings.Repeat("a", 40) + "-111122223333-us-east-1-an: Amazon S3 accepts 3 to 63",
		},
		"a method that CORS does not take": {
			func(f *fixture) { f.cors()["AllowedMethods"] = list{"PUT", "OPTIONS"} },
			"Site/Bucket: CorsConfiguration.CorsRules[0].AllowedMethods[1] is OPTIONS: AWS accepts GET, PUT, POST, DELETE, HEAD",
		},
		"an origin with two wildcards": {
			func(f *fixture) { f.cors()["AllowedOrigins"] = list{"https://*.example.*"} },
			"Site/Bucket: CorsConfiguration.CorsRules[0].AllowedOrigins[0] is https://*.example.*: Amazon S3 accepts one * in each",
		},
		"a bucket policy that denies more": {
			func(f *fixture) {
				f.properties("BucketPolicy")["PolicyDocument"].(object)["Statement"].(list)[0].(object)["Condition"] = object{"IpAddress": object{"aws:SourceIp": "10.0.0.0/8"}}
			},
			"Site/BucketPolicy: PolicyDocument.Statement[0] denies more than plain HTTP, which the local chain does not model; remove it or test this on AWS",
		},
		"a role that denies by a variable": {
			func(f *fixture) {
				f.statement()["Effect"], f.statement()["Resource"] = "Deny", "arn:aws:s3:::*/${aws:PrincipalTag/team}/*"
			},
			"Site/Policy: PolicyDocument.Statement[0] denies by what the local chain does not model (Resource arn:aws:s3:::*/${aws:PrincipalTag/team}/* has a variable); remove it or test this on AWS",
		},
		"a role that denies on a condition": {
			func(f *fixture) {
				f.statement()["Effect"], f.statement()["Condition"] = "Deny", object{"Bool": object{"aws:ViaAWSService": "false"}}
			},
			"Site/Policy: PolicyDocument.Statement[0] denies by what the local chain does not model (it has a Condition); remove it or test this on AWS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withBucket()
			test.change(f)
			if _, err := f.read(t); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %s", err, test.want)
			}
		})
	}
}
