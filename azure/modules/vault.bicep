// Secrets of the pipeline. People put them in; the template holds none.
param name string
param location string
param tags object

@description('Principals that may read secrets.')
param readers array
param purgeProtection bool
param applicationInsightsName string

var secretsUser = '4633458b-17de-408a-890e-8c92ed6d2e6b'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: take(name, 24)
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: purgeProtection ? true : null // once on it cannot be turned off
  }
}

resource telemetry 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'APPLICATIONINSIGHTS-CONNECTION-STRING'
  properties: { value: insights.properties.ConnectionString }
}

resource reading 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in readers: {
    name: guid(vault.id, principalId, secretsUser)
    scope: vault
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    }
  }
]

output name string = vault.name
