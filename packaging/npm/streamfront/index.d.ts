/** How to run a cloud assembly. */
export interface Options {
  /** The folder that 'cdk synth' wrote. Default: cdk.out. */
  assembly?: string;
  /** Further flags of 'streamfront run', such as ['--tls'] or ['--env', 'API_KEY=secret']. Default: none. */
  args?: string[];
  /** Variables of the program's environment besides those of this process. Functions get only what --env names. */
  env?: Record<string, string>;
  /** The folder that assembly and flags are relative to. Default: the working directory. */
  cwd?: string;
}

/** What is served, and where. */
export interface Served {
  /** Stack/LogicalId. */
  name: string;
  /** Its domain name on AWS, made up. */
  domainName: string;
  /** Its address here, without a slash at the end. */
  url: string;
}

/** What callers reach: a distribution, an API, or a function URL that nothing stands in front of. */
export interface FrontDoor extends Served {
  /** Such as "distribution", "rest api" or "function url". */
  kind: string;
}

/** An output of a stack that names something served here. */
export interface Output {
  /** Stack.Name. */
  name: string;
  /** The value, with the addresses that it has here. */
  value: string;
}

/** What one step of a request decided. */
export interface Hop {
  name: string;
  decision: string;
  detail?: string;
  refused?: boolean;
  cause?: string;
  /** It decides nothing. */
  minor?: boolean;
  beganMs: number;
  tookMs: number;
  before?: Head;
  after?: Head;
}

/** The head of a request or of a response, its credentials masked. */
export interface Head {
  method?: string;
  target?: string;
  status?: number;
  headers: Record<string, string[]>;
  bytes?: number;
}

/** The way of a request that has ended. */
export interface Trace {
  id: string;
  start: string;
  method: string;
  target: string;
  /** None: the client got no answer. */
  status?: number;
  tookMs: number;
  firstByteMs?: number;
  receivedBytes: number;
  sentBytes: number;
  /** Of a refusal, as 'streamfront explain' knows it. */
  cause?: { id: string; title: string; why: string; confidence: string; source: string; diagnose: string; fix: string };
  hops: Hop[];
  /** The two canonical requests of a signature that was refused. */
  signature?: { signerKnown: boolean; lines: { part: string; signed?: string; computed: string; differs?: boolean }[] };
}

/** A cloud assembly that is being served. */
export interface Chain {
  /** The address of the first front door, without a slash at the end. */
  readonly url: string;
  /** The distributions first, then APIs, then function URLs without one of these. */
  readonly frontDoors: FrontDoor[];
  /** Ordered by name. */
  readonly distributions: Served[];
  /** Ordered by name. */
  readonly functionUrls: Served[];
  readonly outputs: Output[];
  /** Where this run differs from the template. */
  readonly notes: string[];
  /** A page with the last requests, in all details. */
  readonly tracePage?: string;
  /** PEM, with --tls. */
  readonly certificate?: string;
  /** The last 1,000 requests that have ended. A trace may come after its answer; after close() all are here. */
  readonly traces: readonly Trace[];
  /** Ends the chain, and resolves when it is gone. */
  close(): Promise<void>;
}

/** The context of a test of node:test, as much of it as start needs. */
export interface TestContext {
  after(fn: () => Promise<void>): void;
  diagnostic(message: string): void;
  readonly error?: unknown;
}

/**
 * Serves a synthesized CDK app on free ports of localhost, by 'streamfront run'. It is rejected
 * with the reason if the app cannot be served.
 *
 * With the context of a test of node:test the chain ends with the test, and a test that fails
 * shows the requests that failed. Without one call close(). It ends with this process, too.
 */
export function start(options?: Options, test?: TestContext): Promise<Chain>;
