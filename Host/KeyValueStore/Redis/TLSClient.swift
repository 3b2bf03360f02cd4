import COpenSSL
import Glibc

/// How connections are made secret, by the system's OpenSSL.
///
/// `@unchecked Sendable`: OpenSSL's contexts may be used by several threads once they are set up.
final class TLSClient: @unchecked Sendable {
    private let context: OpaquePointer
    private let verifies: Bool

    /// - Throws: `RedisFailure.refused` if a file of the settings can't be used.
    init(_ settings: RedisConfiguration.TLS) throws(RedisFailure) {
        verifies = settings.verifies
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.failure("TLS can't be set up") }
        self.context = context
        lectern_tls_allow_partial_writes(context)
        SSL_CTX_set_verify(context, settings.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if let ca = settings.ca {
            guard SSL_CTX_load_verify_locations(context, ca, nil) == 1 else {
                throw Self.failure("tls.ca: \(ca) holds no certificates that can be read")
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        if let certificate = settings.certificate, let key = settings.key {
            guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
                throw Self.failure("tls.certificate: \(certificate) holds no certificate that can be read")
            }
            guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1,
                SSL_CTX_check_private_key(context) == 1
            else { throw Self.failure("tls.key: \(key) holds no key of the certificate") }
        }
    }

    deinit { SSL_CTX_free(context) }

    /// A connection over a socket that is connected. The caller frees it.
    func connection(_ descriptor: Int32, host: String) throws(RedisFailure) -> OpaquePointer {
        guard let connection = SSL_new(context) else { throw Self.failure("TLS can't be set up") }
        SSL_set_fd(connection, descriptor)
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        if !isAddress { _ = lectern_tls_name_server(connection, host) }
        if verifies {
            if isAddress {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host)
            } else {
                SSL_set1_host(connection, host)
            }
        }
        return connection
    }

    /// What OpenSSL says of the last call, behind what it was about.
    static func failure(_ what: String, connection: OpaquePointer? = nil) -> RedisFailure {
        var reasons: [String] = []
        if let connection {
            let result = SSL_get_verify_result(connection)
            if result != X509_V_OK { reasons.append(String(cString: X509_verify_cert_error_string(result))) }
        }
        while case let code = ERR_get_error(), code != 0 {
            if let reason = ERR_reason_error_string(code) { reasons.append(String(cString: reason)) }
        }
        return .refused(reason: reasons.isEmpty ? what : "\(what): \(reasons.joined(separator: ", "))")
    }
}
