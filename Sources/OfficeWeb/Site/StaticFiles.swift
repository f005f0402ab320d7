import Foundation
import HTTPTypes
import Hummingbird

extension Routes {
    /// The stylesheet and the scripts: read once, served by their own names.
    func staticFiles() throws {
        let folder = Bundle.module.bundlePath + "/Static"
        let types = ["css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let type = types[String(name.split(separator: ".").last ?? "")] else { continue }
            let content = ByteBuffer(bytes: try Data(contentsOf: URL(filePath: folder + "/" + name)))
            router.get(.init("/static/" + name)) { _, _ in
                Response(
                    status: .ok,
                    headers: [.contentType: type, .cacheControl: "max-age=3600"],
                    body: .init(byteBuffer: content)
                )
            }
        }
    }
}
