/** How many versions of its flow the app of a campaign has. */
export const versionsVariable = 'CHAOS_FLOW_VERSIONS'
