//! The rights that a target needs, as a text that `kubectl apply -f -` takes.
//!
//! Pure: values in, values out.
//!
//! YAML in its flow style, so that it stays whole on one line of a log, and without quotes, which a
//! log would escape.

use crate::act::kubernetes::ask::Ask;

/// A Role and its binding, of a name of their own: applied, they take nothing away from a Role that
/// is there already, nor the one for a Lease from the one for the target.
fn name(ask: &Ask<'_>) -> String {
    let what = if is_of_the_target(ask) {
        "scale"
    } else {
        &ask.object.plural
    };
    format!("outrider-{what}")
}

fn is_of_the_target(ask: &Ask<'_>) -> bool {
    ask.scale || ask.object.is_flinkdeployment()
}

/// What grants the right that was missing, and with it all that scaling asks for, to the user whom
/// the server's message names.
pub fn granting(ask: &Ask<'_>, said: &str) -> Option<String> {
    let (name, namespace) = (name(ask), &ask.object.namespace);
    let subject = subject(said)?;
    let rules = rules(ask).join(", ");
    let role = format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, \
         metadata: {{name: {name}, namespace: {namespace}}}, rules: [{rules}]}}"
    );
    let binding = format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, \
         metadata: {{name: {name}, namespace: {namespace}}}, \
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {name}}}, \
         subjects: [{subject}]}}"
    );
    Some(format!(
        "{{apiVersion: v1, kind: List, items: [{role}, {binding}]}}"
    ))
}

fn rules(ask: &Ask<'_>) -> Vec<String> {
    let rule = |resource: &str, verbs: &str| {
        format!(
            "{{apiGroups: [{}], resources: [{resource}], verbs: [{verbs}]}}",
            ask.object.group
        )
    };
    let plural = &ask.object.plural;
    let mut rules = Vec::new();
    let of_the_target = is_of_the_target(ask);
    if of_the_target {
        rules.push(rule(&format!("{plural}/scale"), "get, patch"));
        rules.push(rule(plural, "get"));
    }
    let granted = of_the_target && (ask.scale || ask.verb() == "get");
    if !granted {
        rules.push(rule(&ask.resource(), ask.verbs()));
    }
    rules
}

/// `User "system:serviceaccount:flink:orders" cannot get resource …`
fn subject(said: &str) -> Option<String> {
    let (_, user) = said.split_once("User \"")?;
    let (user, _) = user.split_once('"')?;
    Some(match user.strip_prefix("system:serviceaccount:") {
        Some(account) => {
            let (namespace, name) = account.split_once(':')?;
            format!("{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}")
        }
        None => {
            format!("{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {user}}}")
        }
    })
}
