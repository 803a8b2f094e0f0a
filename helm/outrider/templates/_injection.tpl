{{/* The image of the sidecar. */}}
{{- define "outrider.image" -}}
{{- $repository := required "injection needs image.repository: no image is published" .Values.image.repository -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{/* Which pods Kubernetes asks about: those of a JobManager that ask for the sidecar. */}}
{{- define "outrider.injected" -}}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values: {{ include "outrider.namespaces" . }}
objectSelector:
  matchLabels:
    component: jobmanager
    outrider.dev/inject: enabled
{{- end -}}

{{/* A value as CEL has it. Everything in it is `dyn`: CEL refuses maps and lists of several types. */}}
{{- define "outrider.cel" -}}
{{- if kindIs "map" . -}}
{ {{- range $index, $key := keys . | sortAlpha }}{{ if $index }}, {{ end }}{{ toJson $key }}: dyn({{ include "outrider.cel" (get $ $key) }}){{ end -}} }
{{- else if kindIs "slice" . -}}
[ {{- range $index, $item := . }}{{ if $index }}, {{ end }}dyn({{ include "outrider.cel" $item }}){{ end -}} ]
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end -}}
