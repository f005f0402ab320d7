package import OfficeDNS
package import OfficePages

/// Where domains are looked at: name servers, and web servers of the public internet.
package struct DomainProbes: Sendable {
    let records: TXTLookup
    let pages: PageFetch

    package init(dns: DNSSettings = DNSSettings(), pages: PageFetch.Settings? = nil) {
        records = TXTLookup(dns)
        self.pages = PageFetch(pages ?? PageFetch.Settings(dns: dns))
    }
}
