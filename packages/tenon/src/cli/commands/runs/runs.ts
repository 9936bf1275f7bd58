export const summary = 'Look at runs and steer them.'
