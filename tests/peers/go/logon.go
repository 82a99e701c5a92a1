// Logs on with a password, gets a service ticket, and has a GSS context accepted by the service's keytab.
package main

import (
	"fmt"
	"os"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/service"
	"github.com/jcmturner/gokrb5/v8/spnego"
)

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

// logon KRB5_CONF USER REALM PASSWORD SPN KEYTAB fast|plain
func main() {
	settings, err := config.Load(os.Args[1])
	check("krb5.conf", err)
	plain := client.DisablePAFXFAST(os.Args[7] == "plain")
	user := client.NewWithPassword(os.Args[2], os.Args[3], os.Args[4], settings, plain)
	check("logon", user.Login())
	ticket, key, err := user.GetServiceTicket(os.Args[5])
	check("service ticket", err)

	table, err := keytab.Load(os.Args[6])
	check("keytab", err)
	token, err := spnego.NewKRB5TokenAPREQ(user, ticket, key, nil, nil)
	check("token", err)
	accepted, credentials, err := service.VerifyAPREQ(&token.APReq, service.NewSettings(table))
	check("acceptance", err)
	if !accepted {
		check("acceptance", fmt.Errorf("not valid"))
	}
	fmt.Printf("accepted %s@%s ticket %d session %d\n",
		credentials.UserName(), credentials.Domain(), ticket.EncPart.EType, key.KeyType)
	if ad := credentials.GetADCredentials(); ad.EffectiveName != "" {
		fmt.Printf("pac %s %s %d %d %s\n",
			ad.EffectiveName, ad.LogonDomainID, ad.UserID, ad.PrimaryGroupID, ad.LogonDomainName)
		for _, sid := range ad.GroupMembershipSIDs {
			fmt.Println("group", sid)
		}
	}
}
