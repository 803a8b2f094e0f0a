//! The certificate: read again for each connection, so that a renewed one counts from then on.
//!
//! Secrets are mounted as links that are swapped at once, and no event tells of it reliably. Two
//! small files for each pod that is created cost nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::{info, warn};

/// What a secret can have.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Two files, and what was last made of them.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

/// The files as they were read.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

struct Loaded {
    pem: Pem,
    config: Arc<ServerConfig>,
    /// Why the files as they are now cannot be used, which is told once.
    trouble: Option<String>,
}

// === impl Certificate ===

impl Certificate {
    /// Reads both for the first time.
    ///
    /// # Errors
    ///
    /// Says which file cannot be used, why, and what mends it.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, String> {
        let pem = Pem::read(certificate, key)?;
        let config = pem.config(certificate, key)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            loaded: Mutex::new(Loaded {
                pem,
                config,
                trouble: None,
            }),
        })
    }

    /// What the files say now; where that cannot be used, what they said before.
    pub fn current(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().expect("nobody panics with it");
        let read = Pem::read(&self.certificate, &self.key);
        let renewed = read.and_then(|pem| {
            if pem == loaded.pem {
                return Ok(None);
            }
            let config = pem.config(&self.certificate, &self.key)?;
            Ok(Some((pem, config)))
        });
        match renewed {
            Ok(None) => loaded.trouble = None,
            Ok(Some((pem, config))) => {
                info!("the certificate was renewed");
                *loaded = Loaded {
                    pem,
                    config,
                    trouble: None,
                };
            }
            Err(why) => {
                if loaded.trouble.as_ref() != Some(&why) {
                    warn!(
                        why,
                        "the certificate has changed and cannot be used, the one before stays"
                    );
                    loaded.trouble = Some(why);
                }
            }
        }
        Arc::clone(&loaded.config)
    }
}

// === impl Pem ===

impl Pem {
    fn read(certificate: &Path, key: &Path) -> Result<Self, String> {
        let read = |what: &str, path: &Path| {
            at_most(path).map_err(|error| {
                format!(
                    "cannot read the {what} {}: {error}; mount the secret that has it",
                    path.display()
                )
            })
        };
        Ok(Self {
            certificate: read("certificate", certificate)?,
            key: read("key", key)?,
        })
    }

    fn config(&self, certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
        let unlike = |what: &str, path: &Path, why: String| {
            format!("cannot use the {what} {}: {why}", path.display())
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|error| unlike("certificate", certificate, error.to_string()))?;
        if chain.is_empty() {
            let why = "there is no certificate in it; it should be PEM, the server's own first";
            return Err(unlike("certificate", certificate, why.into()));
        }
        let secret = PrivateKeyDer::from_pem_slice(&self.key);
        let secret = secret.map_err(|error| {
            let why = format!("{error}; it should be PEM, without a passphrase");
            unlike("key", key, why)
        })?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(|error| {
                let why = format!(
                    "{error}; it should be the certificate of the key {}",
                    key.display()
                );
                unlike("certificate", certificate, why)
            })?;
        Ok(Arc::new(config))
    }
}

fn at_most(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST_FILE) {
        return Ok(bytes);
    }
    Err(io::Error::other("it has more than 1 MiB"))
}
