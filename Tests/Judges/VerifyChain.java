import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/** Verifies chains as Java does: VerifyChain LEAF.pem INTERMEDIATE.pem ROOT.pem [LEAF INTERMEDIATE ROOT ...]. */
public final class VerifyChain {
    public static void main(String[] paths) throws Exception {
        for (int i = 0; i < paths.length; i += 3) {
            CertPath path = factory().generateCertPath(List.of(read(paths[i]), read(paths[i + 1])));
            PKIXParameters parameters =
                new PKIXParameters(Set.of(new TrustAnchor((X509Certificate) read(paths[i + 2]), null)));
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX").validate(path, parameters);
        }
        System.out.println(paths.length / 3 + " chains verified");
    }

    private static CertificateFactory factory() throws Exception {
        return CertificateFactory.getInstance("X.509");
    }

    private static Certificate read(String path) throws Exception {
        try (FileInputStream file = new FileInputStream(path)) {
            return factory().generateCertificate(file);
        }
    }
}
