import type { AuthDeclaration } from '../auth.ts'

export interface AwsSignatureSettings {
  /** As in the credential's scope, such as `s3` or `execute-api`. */
  readonly service: string
  readonly region: string
  /** `unsigned`: the body is not covered, as S3 allows over https; default `signed`. */
  readonly payload: 'signed' | 'unsigned'
}

/** AWS Signature Version 4, for AWS and for what speaks its language (S3-compatible stores). */
export function awsSignature({
  service,
  region,
  payload = 'signed',
}: Omit<AwsSignatureSettings, 'payload'> & Partial<AwsSignatureSettings>): AuthDeclaration<
  'accessKeyId' | 'secretAccessKey' | 'sessionToken'
> {
  return {
    scheme: 'aws-signature',
    fields: {
      accessKeyId: { label: 'Access key ID', secret: false },
      secretAccessKey: { label: 'Secret access key' },
      sessionToken: { label: 'Session token, for temporary credentials', optional: true },
    },
    settings: { service, region, payload } satisfies AwsSignatureSettings,
  }
}
