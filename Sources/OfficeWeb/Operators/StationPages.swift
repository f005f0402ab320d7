import Office
import OfficeServices

/// What an operator takes to the token station, and what comes back from it (docs/office.md).
extension Routes {
    func stationPages() {
        let desk = site.desk
        get("/operator/tokens", .operators) { visit in
            .page(Self.waiting(try await desk.stationOrders(by: visit.operatorCaller), desk))
        }
        get("/operator/tokens/:id", .operators) { visit in
            let order = try await desk.stationOrder(visit["id"], by: visit.operatorCaller)
            return .page(Self.station(order, try await desk.profile(of: order), desk))
        }
        post("/operator/tokens/:id/file", .operators) { visit in
            let file = try await desk.stationFile(of: visit["id"], by: visit.operatorCaller)
            return .file(Download(name: file.name, type: "application/json", content: file.content))
        }
        post("/operator/tokens/:id", .operators) { visit in
            try await desk.takeFromStation(visit["id"], by: visit.operatorCaller)
            return .redirect("/operator/tokens")
        }
    }

    private static func waiting(_ orders: [Order], _ desk: OfficeDesk) -> Page {
        Page(
            Text("USBトークン発行", "USB tokens"),
            [
                .paragraph(
                    Text(
                        "利用者が利用約款に同意したオーダーです。",
                        "Orders whose subscribers have accepted the terms."
                    )
                ),
                .table(
                    TableView(
                        caption: Text("発行待ちのオーダー", "Orders for the token station"),
                        columns: [
                            .init(Text("オーダーID", "Order ID")), .init(Text("コーポレートID", "Corporate ID")),
                            .init(Text("組織名", "Organisation")), .init(Text("CN", "CN")),
                            .init(Text("申請日", "Applied")),
                        ],
                        rows: orders.map { order in
                            [
                                .init(order.id, link: "/operator/tokens/\(order.id)"), .init(order.tenant),
                                .init(order.organisation), .init(order.subject.commonName),
                                .init(desk.calendar.display(order.applied)),
                            ]
                        },
                        empty: .init(Text("発行待ちのオーダーはありません。", "No order waits for a token."))
                    )
                ),
            ]
        )
    }

    private static func station(_ order: Order, _ profile: Profile, _ desk: OfficeDesk) -> Page {
        let path = "/operator/tokens/\(order.id)"
        let facts =
            [
                Fact(Text("オーダーID", "Order ID"), order.id), Fact(Text("コーポレートID", "Corporate ID"), order.tenant),
                Fact(Text("プロファイルID", "Profile ID"), order.profile), Fact(Text("サービス名", "Service"), order.serviceName),
            ] + OrderFacts.subject(order.subject, of: profile)
        return Page(
            Text("USBトークン発行", "USB tokens"),
            [
                .facts(facts), .heading(Text("1. 発行窓口へ", "1. To the station")),
                .paragraph(
                    Text(
                        "利用者本人を確認し、オーダーファイルを発行窓口に渡して、次のコマンドでトークンに発行します。",
                        "See that it is the subscriber who stands there, and have the station run this with the order's file."
                    )
                ),
                .preformatted(
                    Text(
                        verbatim:
                            "inkan token personalise --reader desk --token SERIAL --order-file \(order.id).json"
                    )
                ),
                .form(
                    FormView(
                        action: path + "/file",
                        fields: [],
                        buttons: [.init(Text("オーダーファイル", "The order's file"))]
                    )
                ), .heading(Text("2. 発行後", "2. Afterwards")),
                .paragraph(
                    Text(
                        "コマンドが正常に終了したら、証明書を取り込みます。オーダーは発行済みになり、利用者に完了メールが送信されます。",
                        "When the command has ended well, take the certificate over: the order is issued then, and the subscriber gets the mail that says so."
                    )
                ),
                .form(
                    FormView(
                        action: path,
                        fields: [],
                        buttons: [.init(Text("証明書を取り込む", "Take the certificate over"))]
                    )
                ),
            ]
        )
    }
}
