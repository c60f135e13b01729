/** How a one-time secret reaches its user. What is `embedded` is handed to the caller of the API, who does with it what they like. */
export const deliveryMethods = ['email', 'sms', 'voice', 'whatsapp', 'im', 'embedded'] as const
export type DeliveryMethod = (typeof deliveryMethods)[number]
