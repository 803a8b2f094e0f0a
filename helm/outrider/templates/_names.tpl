{{/* The release's name, once: a release "outrider" does not make "outrider-outrider". */}}
{{- define "outrider.name" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of an object without a namespace: releases in two namespaces may be called the same. */}}
{{- define "outrider.clusterName" -}}
{{- printf "%s.%s" (include "outrider.name" .) .Release.Namespace -}}
{{- end -}}

{{- define "outrider.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The namespaces of the jobs, as JSON. */}}
{{- define "outrider.namespaces" -}}
{{- .Values.namespaces | default (list .Release.Namespace) | uniq | toJson -}}
{{- end -}}

{{/* Objects of a Prometheus Operator that is not there: said in words, where Helm would say less. */}}
{{- define "outrider.needsPrometheusOperator" -}}
{{- if not (.root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
{{- fail (printf "%s.enabled is true, but this cluster knows no monitoring.coreos.com/v1: install the Prometheus Operator first, or set it to false (to render without a cluster: --api-versions monitoring.coreos.com/v1)" .value) -}}
{{- end -}}
{{- end -}}
