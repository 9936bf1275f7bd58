/** Names that mean a secret by themselves. */
const whole: ReadonlySet<string> = new Set([
  'auth',
  'authentication',
  'authorization',
  'bearer',
  'connectionstring',
  'cookie',
  'cvc',
  'cvv',
  'dsn',
  'jwt',
  'otp',
  'pass',
  'pin',
  'proxyauthorization',
  'pwd',
  'session',
  'sessionid',
  'setcookie',
  'sid',
])

/** Parts of names that make them secrets, in whatever spelling. */
const part =
  /pass(?:word|wd|code|phrase)|secret|credential|(?:api|access|private|signing|encryption|master|shared|license)key(?:s|\d*)$|token(?:s|value)?$|signature(?:v?\d+)?$|hmac|assertion$|codeverifier$|recoverycode/

/** Whether a member, header or parameter of this name holds a secret: `client_secret`, `X-Api-Key`, `refreshToken` alike. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return whole.has(plain) || part.test(plain)
}
