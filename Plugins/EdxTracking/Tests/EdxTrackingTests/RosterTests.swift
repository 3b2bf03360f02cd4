import EdxTracking
import PluginAPI
import Testing

@Suite("Rosters of an edX database")
struct RosterTests {
    private func decode(_ line: String) throws -> [String] {
        try EdxTrackingTests.decode(Roster(), line).map { "\($0.type) \($0.payload)" }
    }

    @Test("users, groups and members")
    func rows() throws {
        #expect(
            try decode(
                "INSERT INTO `auth_user` VALUES (1,'bea','','','bea@example.com','secret',0),(2,'cyd','a','b','',NULL,1);"
            )
                == [
                    #"roster.user {"event_type":"roster.user","id":1,"username":"bea","email":"bea@example.com"}"#,
                    #"roster.user {"event_type":"roster.user","id":2,"username":"cyd","email":""}"#,
                ])
        #expect(
            try decode("INSERT INTO `course_groups_courseusergroup` VALUES (1, 'best', 'edX/DemoX/Demo', 'cohort');")
                == [
                    #"roster.group {"event_type":"roster.group","id":1,"name":"best","course_id":"edX/DemoX/Demo","group_type":"cohort"}"#
                ])
        #expect(
            try decode("INSERT INTO course_groups_courseusergroup_users VALUES (1, 4, 7);") == [
                #"roster.member {"event_type":"roster.member","group_id":4,"user_id":7}"#
            ])
    }

    @Test("columns that the statement names itself")
    func named() throws {
        #expect(
            try decode("insert ignore into `auth_user` (`email`, `id`, `username`) values ('e', 3, 'dan')") == [
                #"roster.user {"event_type":"roster.user","id":3,"username":"dan","email":"e"}"#
            ])
    }

    @Test(
        "escapes",
        arguments: [
            (#"'O\'Neil'"#, "O'Neil"), ("'O''Neil'", "O'Neil"), (#"'a\\b\n\Z\%'"#, "a\\\\b\\n\\u001a\\\\%"),
            (#"'say \"hi\"'"#, #"say \"hi\""#), ("'żółw, (1)'", "żółw, (1)"),
            (#""double ' ""quoted""""#, #"double ' \"quoted\""#),
            ("_binary 'x'", "x"),
        ])
    func escapes(value: String, name: String) throws {
        #expect(
            try decode("INSERT INTO `auth_user` VALUES (1,\(value),'','','');") == [
                "roster.user {\"event_type\":\"roster.user\",\"id\":1,\"username\":\"\(name)\",\"email\":\"\"}"
            ])
    }

    @Test(
        "lines that hold nothing",
        arguments: [
            "", "--", "-- Dumping data for table `auth_user`", "LOCK TABLES `auth_user` WRITE;",
            "CREATE TABLE `auth_user` (`id` int(11) NOT NULL);", "INSERT INTO `other` VALUES (1,'x');",
            "UNLOCK TABLES;",
        ])
    func nothing(line: String) throws { #expect(try decode(line).isEmpty) }

    @Test(
        "a line that is broken gives nothing",
        arguments: [
            "INSERT INTO `auth_user` VALUES (1,'bea','','','e'),(2,'cy", "INSERT INTO `auth_user` VALUES (1,'bea'",
            "INSERT INTO `auth_user` VALUES (1,'bea');", "INSERT INTO `auth_user` VALUES ('x','bea','','','e');",
            "INSERT INTO `auth_user` VALUES (1,NULL,'','','e');", "INSERT INTO `auth_user` (1);",
            "INSERT INTO `auth_user`",
            "INSERT INTO `auth_user` VALUES (1,'bea','','','e') x", "INSERT INTO `auth_user` VALUES (1,'",
            "INSERT INTO `auth_user` (`id`) VALUES (1);",
        ])
    func broken(line: String) {
        #expect(throws: (any Error).self) { try decode(line) }
    }
}
