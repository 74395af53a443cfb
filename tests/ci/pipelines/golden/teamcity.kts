// Written by truthound; edit it freely, only --force writes over an edited file. sha256:f1a0293be00d0d1b2a40baf4b8f4ac097dc3af977833d205ac93a36116fa1a5f
// TeamCity: runs a checkpoint of truthound and publishes its report.
// Secrets to set in the project's Parameters, of the type password, named "env." and this: DATABASE_URL,
// SLACK_WEBHOOK_URL
// If the checkpoint has an action for Slack already, remove --slack below, or Slack is notified twice.
// Turn on versioned settings in Kotlin; TeamCity makes .teamcity/pom.xml beside this file. The agents need
// Docker.
// Pull requests: add the build feature Pull Requests with a token of the hosting service.
// The tests are shown as they run, from the log; no report is to be imported.

import jetbrains.buildServer.configs.kotlin.*
import jetbrains.buildServer.configs.kotlin.buildSteps.ScriptBuildStep
import jetbrains.buildServer.configs.kotlin.buildSteps.script
import jetbrains.buildServer.configs.kotlin.triggers.schedule
import jetbrains.buildServer.configs.kotlin.triggers.vcs

version = "2024.12"

project {
    buildType(DataQuality)
}

object DataQuality : BuildType({
    name = "Data quality"
    artifactRules = listOf(
        "+:truthound_results/** => data-quality-report.zip!/truthound_results",
        "+:truthound_docs/** => data-quality-report.zip!/truthound_docs",
    ).joinToString("\n")
    publishArtifacts = PublishMode.ALWAYS

    vcs {
        root(DslContext.settingsRoot)
        cleanCheckout = true
    }

    steps {
        script {
            name = "Check the data"
            dockerImage = "python:3.13-slim"
            dockerImagePlatform = ScriptBuildStep.ImagePlatform.Linux
            scriptContent = listOf(
                "set -e",
                "pip install 'truthound[sql,cloud]==1.2.0'",
                "truthound checkpoint run 'daily users' --config checks/truthound.yaml --strict \${SLACK_WEBHOOK_URL:+--slack '\${SLACK_WEBHOOK_URL}'}",
            ).joinToString("\n")
        }
    }

    triggers {
        vcs {
            branchFilter = "+:main\n+:release/*\n+:pull/*\n+:pull-requests/*\n+:merge-requests/*"
            triggerRules = listOf(
                "+:data/**",
                "+:my-data/*.csv",
                "+:checks/truthound.yaml",
            ).joinToString("\n")
        }
        schedule {
            schedulingPolicy = cron {
                seconds = "0"
                minutes = "*/20"
                hours = "6"
                dayOfMonth = "?"
                month = "*"
                dayOfWeek = "MON,TUE,WED,THU,FRI"
            }
            branchFilter = "+:<default>"
            triggerBuild = always()
            withPendingChangesOnly = false
        }
    }

    failureConditions {
        executionTimeoutMin = 30
    }
})
