//! A client that trusts one certificate, and the two that there are.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::payload;

/// Writes the pair `first` or `second` to where a webhook reads its own.
pub fn place(pair: &str, folder: &Path) {
    for (file, kind) in [("tls.crt", "crt"), ("tls.key", "key")] {
        std::fs::copy(payload(&format!("{pair}.{kind}")), folder.join(file)).unwrap();
    }
}

/// A connection to a server whose certificate is the one of this pair; nothing where it is another.
pub async fn connect(address: SocketAddr, pair: &str) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(payload(&format!("{pair}.crt")));
    roots.add(certificate.unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::IpAddress("127.0.0.1".try_into().unwrap());
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.ok()
}

/// All of what is answered to some bytes.
pub async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address, "first").await.expect("our certificate");
    // A server that has heard enough answers before the end.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}
