// Everything that a scheduled run on Azure needs, in one resource group: see AZURE_DEPLOYMENT.md.
targetScope = 'resourceGroup'

@description('Ends every name: dev, prod.')
@allowed(['dev', 'prod'])
param environmentName string

@description('Begins every name; letters and digits, since it becomes part of storage account names.')
@minLength(3)
@maxLength(8)
param namePrefix string = 'insights'

param location string = resourceGroup().location

@description('Object id and name of the Entra group whose members administer the database.')
param databaseAdministrators object

@description('Compute size and tier of the database, as in Standard_D2ds_v5 and GeneralPurpose.')
param databaseSize object

@description('Days that a backup of the database can be restored from.')
@minValue(7)
@maxValue(35)
param databaseBackupDays int

@description('Addresses besides Azure\'s own that may reach the database: name, first, last.')
param databaseAddresses array = []

@description('Size of a Batch node. The clustering of a million texts wants 16 GiB.')
param nodeSize string

@description('Nodes at most; one is enough for all but the fan-out.')
@minValue(1)
@maxValue(20)
param maximumNodes int

@description('Object id of the identity that GitHub Actions signs in as; empty: releases are uploaded by hand.')
param deployerPrincipalId string = ''

@description('How the daily run gets its feedback, as in: --from sqlserver --table dbo.reviews --updated-at changed_at')
param loadArguments string = ''

@description('More settings of the pipeline, by variable; names and addresses, never a secret.')
param settings object = {}

@description('Who is told when a run fails: e-mail addresses.')
param alertAddresses array

@description('Only where the identity of Data Factory cannot stage files: the name of the Key Vault secret that holds the storage account\'s key. See AZURE_DEPLOYMENT.md.')
param stagingKeySecret string = ''

@description('Roles of Data Factory on the Batch account.')
param factoryBatchRoles array = [
  '48e5e92e-a480-4e71-aa9c-2778f4c13781' // Azure Batch Job Submitter
  '11076f67-66f6-4be0-8f6b-f0609fd05cc9' // Azure Batch Account Reader
]

param tags object = {}

var unique = take(uniqueString(resourceGroup().id, environmentName), 6)
var hyphenated = '${namePrefix}-${environmentName}-${unique}'
var joined = toLower('${namePrefix}${environmentName}${unique}')
var allTags = union({ application: 'customer-insights', environment: environmentName }, tags)

resource nodeIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${hyphenated}-node'
  location: location
  tags: allTags
}

resource factoryIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${hyphenated}-factory'
  location: location
  tags: allTags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: hyphenated
    location: location
    tags: allTags
    alertAddresses: alertAddresses
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${joined}'
    location: location
    tags: allTags
    nodePrincipalId: nodeIdentity.properties.principalId
    factoryPrincipalId: factoryIdentity.properties.principalId
    deployerPrincipalId: deployerPrincipalId
    allowSharedKey: !empty(stagingKeySecret)
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: 'kv-${namePrefix}-${environmentName}-${unique}'
    location: location
    tags: allTags
    readers: empty(stagingKeySecret)
      ? [nodeIdentity.properties.principalId]
      : [nodeIdentity.properties.principalId, factoryIdentity.properties.principalId]
    purgeProtection: environmentName == 'prod'
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module database 'modules/postgres.bicep' = {
  name: 'database'
  params: {
    name: 'psql-${hyphenated}'
    location: location
    tags: allTags
    administrators: databaseAdministrators
    size: databaseSize
    backupDays: databaseBackupDays
    addresses: databaseAddresses
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module batch 'modules/batch.bicep' = {
  name: 'batch'
  params: {
    name: 'ba${joined}'
    location: location
    tags: allTags
    nodeIdentityId: nodeIdentity.id
    factoryPrincipalId: factoryIdentity.properties.principalId
    factoryRoles: factoryBatchRoles
    storageAccountName: storage.outputs.name
    stateContainer: storage.outputs.stateContainer
    nodeSize: nodeSize
    maximumNodes: maximumNodes
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module factory 'modules/factory.bicep' = {
  name: 'factory'
  params: {
    name: 'adf-${hyphenated}'
    location: location
    tags: allTags
    identityId: factoryIdentity.id
    storageEndpoint: storage.outputs.blobEndpoint
    storageAccountName: storage.outputs.name
    releaseContainer: storage.outputs.releaseContainer
    stagingKeySecret: stagingKeySecret
    vaultName: vault.outputs.name
    batchAccountName: batch.outputs.name
    batchEndpoint: batch.outputs.endpoint
    poolName: batch.outputs.poolName
    loadArguments: loadArguments
    environment: union(settings, {
      AZURE_CLIENT_ID: nodeIdentity.properties.clientId
      INSIGHTS_DATABASE_URL: 'postgresql://${nodeIdentity.name}@${database.outputs.host}:5432/${database.outputs.databaseName}?authentication=ActiveDirectoryMSI'
      INSIGHTS_KEY_VAULT: vault.outputs.name
    })
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

output releaseAccountUrl string = storage.outputs.blobEndpoint
output factoryName string = factory.outputs.name
output vaultName string = vault.outputs.name
output databaseHost string = database.outputs.host
output databaseName string = database.outputs.databaseName
output nodeIdentityName string = nodeIdentity.name
