using 'main.bicep'

param environmentName = 'dev'
param databaseAdministrators = {
  objectId: readEnvironmentVariable('DATABASE_ADMINISTRATORS_OBJECT_ID')
  name: readEnvironmentVariable('DATABASE_ADMINISTRATORS_NAME')
}
param databaseSize = { name: 'Standard_B1ms', tier: 'Burstable', gigabytes: 32 }
param databaseBackupDays = 7
param nodeSize = 'Standard_D2s_v5'
param maximumNodes = 1
param deployerPrincipalId = readEnvironmentVariable('DEPLOYER_PRINCIPAL_ID', '')
param alertAddresses = [readEnvironmentVariable('ALERT_ADDRESS')]
param settings = { INSIGHTS_PROVIDER: 'local' }
