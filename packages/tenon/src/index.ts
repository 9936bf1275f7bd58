export { defineApp, defineConnection, fromEnvironment } from './definition/app.ts'
export { basic, bearer, noAuth, tokenLogin } from './definition/auth.ts'
export { apiKey } from './definition/auth/api-key.ts'
export { awsSignature } from './definition/auth/aws-signature.ts'
export { hmacSigned } from './definition/auth/hmac.ts'
export { mutualTls } from './definition/auth/mutual-tls.ts'
export { oauth1, oauth1OneLegged } from './definition/auth/oauth1.ts'
export { wsCertificate, wsUsername } from './definition/auth/ws-security.ts'
export { defineConnector } from './definition/connector.ts'
export { postgres } from './definition/database.ts'
export { event } from './definition/event.ts'
export { defineFlow } from './definition/flow.ts'
export { graphqlCost } from './definition/limits.ts'
export { clientCredentials, deviceCode, jwtBearer, oauth2 } from './definition/oauth.ts'
export { operation } from './definition/operation.ts'
export { manual, schedule, signal } from './definition/trigger.ts'
export { crcChallenge, hubChallenge, slackChallenge } from './definition/handshake.ts'
export { bodyHmac, timestampedHmac, unverified } from './definition/verifier.ts'
export { certificateSignature } from './definition/verifier/certificate-signature.ts'
export { clientCertificate } from './definition/verifier/client-certificate.ts'
export { everyOf } from './definition/verifier/every-of.ts'
export { ipRanges } from './definition/verifier/ip-ranges.ts'
export { requestHmac } from './definition/verifier/request-hmac.ts'
export { standardWebhooks } from './definition/verifier/standard-webhooks.ts'
export { basicCredentials, staticToken } from './definition/verifier/static-token.ts'
export { urlHmac } from './definition/verifier/url-hmac.ts'
export { RetryableError, TenonError, TerminalError, TimeoutError } from './base/errors.ts'

export type {
  App,
  AppOptions,
  Connection,
  ConnectionOptions,
  ConnectOptions,
  FromEnvironment,
  SimulatorDefinition,
} from './definition/app.ts'
export type { AuthDeclaration, CredentialField } from './definition/auth.ts'
export type {
  AccountLookup,
  Connector,
  ConnectorOptions,
  ConnectionReference,
  OperationInput,
  OperationOutput,
  WebhookOptions,
} from './definition/connector.ts'
export type { DatabaseDefinition } from './definition/database.ts'
export type { EventOptions, FlowEvent, ReceivedEvent } from './definition/event.ts'
export type {
  CallOptions,
  Child,
  Flow,
  FlowContext,
  FlowInput,
  FlowOptions,
  FlowOutput,
  RetryOptions,
  Step,
} from './definition/flow.ts'
export type { LearntLimit, LimitAnswer, LimitDialect, LimitOptions, LimitsOptions } from './definition/limits.ts'
export type {
  AnswerParts,
  Idempotency,
  Lookup,
  OperationOptions,
  Paging,
  ProviderFailure,
  RequestParts,
  ServedOperation,
} from './definition/operation.ts'
export type { ClientProof, OAuthDialect, OAuthEndpoints, OAuthOptions } from './definition/oauth.ts'
export type { DataOf, EventTrigger, ManualTrigger, ScheduleTrigger, SignalSource } from './definition/trigger.ts'
export type { RawRequest, SignedTarget, Verifier } from './definition/verifier.ts'
export type { Duration } from './base/duration.ts'
export type { ErrorCode } from './base/errors.ts'
export type { Schema } from './base/schema.ts'
