// The warehouse: Postgres with pgvector, which only Entra ID opens.
param name string
param location string
param tags object

@description('objectId and name of an Entra group.')
param administrators object

@description('name and tier, as in Standard_D2ds_v5 and GeneralPurpose.')
param size object
param backupDays int

@description('Addresses besides Azure\'s own: name, first, last.')
param addresses array
param workspaceId string
param actionGroupId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: size.name, tier: size.tier }
  properties: {
    version: '17'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: size.gigabytes, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
    network: { publicNetworkAccess: 'Enabled' }
  }
}

resource extensions 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = {
  parent: server
  name: 'azure.extensions'
  properties: { value: 'VECTOR', source: 'user-override' }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: 'insights'
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  dependsOn: [extensions] // the server takes one change at a time
}

resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: administrators.objectId
  properties: {
    principalName: administrators.name
    principalType: 'Group'
    tenantId: tenant().tenantId
  }
  dependsOn: [database]
}

// The zeros mean "from within Azure"; the nodes of a pool have no fixed address.
resource azure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = {
  parent: server
  name: 'azure'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [administrator]
}

@batchSize(1)
resource people 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = [
  for address in addresses: {
    parent: server
    name: address.name
    properties: { startIpAddress: address.first, endIpAddress: address.last }
    dependsOn: [azure]
  }
]

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: server
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'PostgreSQLLogs', enabled: true }]
  }
}

resource storageFills 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-storage'
  location: 'global'
  tags: tags
  properties: {
    description: 'The database has used more than 85 % of its storage.'
    severity: 2
    enabled: true
    scopes: [server.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'storage'
          metricName: 'storage_percent'
          operator: 'GreaterThan'
          threshold: 85
          timeAggregation: 'Average'
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

output host string = server.properties.fullyQualifiedDomainName
output databaseName string = database.name
