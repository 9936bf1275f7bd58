/** Everything that the audit log tells, in plain words. An action that is not here is not written. */
export const auditActions = {
  'access.refused': 'a request to the management API was refused',
  'connect-link.issued': 'a link was made by which somebody connects one account',
  'connect-link.used': 'a connect link was opened by whom it was for, and is used up',
  'connection.authorised': 'a person consented, and the tokens are kept',
  'connection.consent-begun': 'a person was sent to the provider to consent',
  'connection.consent-refused': 'the provider, or the person there, did not consent',
  'connection.removed': 'a connection and its credentials were deleted',
  'connection.saved': 'a connection was made, or what it holds was replaced',
  'connection.tested': 'an account was tried at its provider',
  'flow.paused': 'a flow was paused',
  'flow.resumed': 'a paused flow was resumed',
  'run.cancelled': 'a run was cancelled',
  'run.decided': 'a person decided what became of a call whose outcome was unknown',
  'run.retried': 'a failed run was let go on',
  'run.started-anew': 'a run was started again with the same input',
  'session.ended': 'a person signed out',
  'sign-in.done': 'a person signed in',
  'sign-in.link-made': 'a link was made that lets one person sign in',
  'tenant.erased': "a tenant's data key and all its documents were destroyed",
  'vault.rotated': 'every data key is wrapped by the new master key',
  'vault.rotation-begun': 'a new master key was made, or an unfinished rotation taken up',
  'webhook.unverified': 'the server started with a webhook whose sender is not proved',
} as const

export type AuditAction = keyof typeof auditActions
